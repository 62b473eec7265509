"""What every widget stands in: Python's half, the module's half, the look, and modules as text."""
