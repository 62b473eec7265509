"""The book's colors in both themes, and nowhere else.

Figures, widgets, the style sheets and the theme of the pages take them from here. A chapter's
figure is drawn in the light ones (livetorch.style). The build reads this file by its path, since
importing the package would import torch; so it imports nothing.
"""

LIGHT = {
    "blue": "#627fd9",
    "orange": "#dc6f23",
    "green": "#244b25",
    "plum": "#a64190",
    "olive": "#736013",
    "grey": "#8f909d",
}
"""Six colors that stay apart for the common kinds of color blindness, on a light page."""

DARK = {
    "blue": "#639ae9",
    "orange": "#e56f40",
    "green": "#8efcd4",
    "plum": "#a37693",
    "olive": "#eade59",
    "grey": "#b5b0bd",
}
"""The same six roles on a dark page."""

INK = {"light": "#1d212b", "dark": "#e8e6e1"}
"""Text and axes."""
FAINT = {"light": "#dddad2", "dark": "#3a3f4a"}
"""Grid lines and other things that stay behind."""
PAPER = {"light": "#fcfbf8", "dark": "#16191f"}
"""The page; in a figure, the color of what lies under a label."""

# Of the pages alone: no figure has them.
RAISED = {"light": "#f4f2ec", "dark": "#1c2028"}
"""What lies on the page: code, the list of chapters."""
INLINE_CODE = {"light": "#efece4", "dark": "#262b35"}
"""What lies under code within a sentence."""
SECONDARY = {"light": "#4a505e", "dark": "#c3c2c0"}
MUTED = {"light": "#5d6472", "dark": "#a9abb2"}
"""Words that matter less, and least."""
EDGE = {"light": "#8f909d", "dark": "#7d818c"}
"""The edge of something to press."""
LINK = {"light": "#3550a8", "dark": "#9dbcf5"}
VISITED = {"light": "#7a2d69", "dark": "#d8a8cb"}
RIGHT = {"light": "#1f6b3a", "dark": "#8fd6a5"}
WRONG = {"light": "#a3341f", "dark": "#f0a08d"}
"""An answer that is right, and one that is wrong."""


def css_variables(theme: str) -> str:
    """The palette of ``theme`` (light or dark) as style sheet variables named ``--lt-*``."""
    roles = {"ink": INK, "faint": FAINT, "paper": PAPER, "right": RIGHT, "wrong": WRONG}
    colors = DARK if theme == "dark" else LIGHT
    values = {**colors, **{name: shades[theme] for name, shades in roles.items()}}
    return "".join(f"--lt-{name}:{value};" for name, value in values.items())
