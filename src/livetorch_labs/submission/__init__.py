"""What came back?"""
