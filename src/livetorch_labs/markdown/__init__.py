"""How does the book's MyST become Markdown that every notebook viewer shows?"""
