"""Do two pictures look the same? Another processor draws a line a thousandth of a pixel elsewhere.

Both are made three times smaller, so that what moves by less than a pixel shades a pixel by little,
and no pixel may then differ by much.
"""

from __future__ import annotations

import io
import re
from base64 import b64decode

from PIL import Image, ImageChops

SMALLER = 3
SHADES = 24
"""of 255: a line of the book's width that moves by half a pixel changes some pixel by more"""
PNG = re.compile(r"(?<=data:image/png;base64,)\s*[A-Za-z0-9+/=\s]+")
"""A picture inside HTML or inside an SVG."""


def looks_the_same(stored: str, fresh: str) -> bool:
    """Whether two PNG files, each as base64, differ in nothing that an eye would see."""
    pictures = [Image.open(io.BytesIO(b64decode(text))).convert("RGB") for text in (stored, fresh)]
    if pictures[0].size != pictures[1].size:
        return False
    small = [picture.reduce(SMALLER) for picture in pictures]
    channels = ImageChops.difference(small[0], small[1]).split()
    return not any(any(channel.histogram()[SHADES + 1 :]) for channel in channels)


def without_pictures(markup: str) -> str:
    """HTML or SVG with each PNG in it left out."""
    return PNG.sub("", markup)


def pictures_in(markup: str) -> list[str]:
    """The PNG files in HTML or SVG, each as base64."""
    return PNG.findall(markup)
