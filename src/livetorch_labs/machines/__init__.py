"""Which machines do the work, and is each of them fit for it?"""
