"""Is the lab itself sound?"""
