"""May this result be trusted?"""
