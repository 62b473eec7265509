"""Figures that a reader moves, each a pair: a class, and an ES module of its name that draws it."""
