"""What a pen drew as the small image that the digit reader was trained on."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

GRID = 32
"""pixels a side before averaging; the training images were made from 32 x 32 bitmaps too"""
BLOCK = 4
MARGIN = 2.0
PEN = 2.3
"""half the width of a line, in pixels of the grid"""
SMALLEST = 0.25
"""a drawing is not enlarged as if it were smaller than this part of the area"""


def stroke_image(strokes: Sequence[Sequence[Sequence[float]]]) -> Tensor:
    """``strokes``, lists of points ``[x, y]`` in 0 .. 1 from the top left -> image ``(8, 8)``.

    The drawing is moved to the middle and scaled to fill the image, then drawn with a pen of one
    width on a fine grid, whose blocks are averaged. Nothing drawn gives zeros.
    """
    lines = [torch.tensor(stroke, dtype=torch.float64).reshape(-1, 2) for stroke in strokes]
    lines = [line for line in lines if len(line)]
    side = GRID // BLOCK
    if not lines:
        return torch.zeros(side, side)
    points = torch.cat(lines)
    low, high = points.amin(0), points.amax(0)
    scale = (GRID - 2 * MARGIN) / (high - low).max().clamp(min=SMALLEST)
    centers = torch.arange(GRID, dtype=torch.float64) + 0.5
    pixels = torch.stack(torch.meshgrid(centers, centers, indexing="xy"), dim=-1)  # (G, G, 2)
    distance = torch.full((GRID, GRID), torch.inf, dtype=torch.float64)
    for line in lines:
        placed = (line - (low + high) / 2) * scale + GRID / 2
        starts = placed[:-1] if len(placed) > 1 else placed
        ways = (placed[1:] if len(placed) > 1 else placed) - starts
        away = pixels.unsqueeze(2) - starts  # (G, G, S, 2)
        along = (away * ways).sum(-1) / ways.square().sum(-1).clamp(min=1e-12)
        nearest = away - along.clamp(0, 1).unsqueeze(-1) * ways
        distance = torch.minimum(distance, nearest.norm(dim=-1).amin(-1))
    ink = (PEN + 0.5 - distance).clamp(0, 1)
    return ink.reshape(side, BLOCK, side, BLOCK).mean((1, 3)).float()
