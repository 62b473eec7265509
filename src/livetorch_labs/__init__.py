"""Chapters of Live PyTorch as assignments: release, grade, report.

An instructor meets this package through one command, ``livetorch-labs``.
"""

from __future__ import annotations


class LabError(RuntimeError):
    """Something the instructor can mend, said in a sentence that tells how."""
