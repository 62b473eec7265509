"""Networks of this package with weights that others trained and that packages of theirs carry.

Each function reads the file by `livetorch.packaged`, which checks it, and loads it key by key.
"""

from __future__ import annotations
