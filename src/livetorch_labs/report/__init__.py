"""Who learns what of the results?"""
