"""What is a lab, and what is handed out?"""
