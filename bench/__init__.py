"""Speed, measured as ratios: ``python -m bench``. Every module with a function ``rows`` is run."""
