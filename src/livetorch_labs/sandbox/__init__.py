"""Where does strangers' code run, and what may it use there?"""
