"""The programs that made what ships with the package: its data files, and weights."""
