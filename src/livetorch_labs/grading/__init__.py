"""How does a submission become points?"""
