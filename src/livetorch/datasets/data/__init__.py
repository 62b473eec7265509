"""Data files that ship: each in a folder with its license, beside the script that makes it."""
