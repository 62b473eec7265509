"""Weights in fewer bits: whole numbers and scales."""
