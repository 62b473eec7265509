"""Widgets: figures that a reader moves, in a notebook and in a page that has no kernel."""

from livetorch.live.broadcasting import Broadcasting
from livetorch.live.capacity import Capacity
from livetorch.live.digits import DrawDigit
from livetorch.live.exporting import Exported, export
from livetorch.live.quiz import Quiz
from livetorch.live.resumed import ResumedRun
from livetorch.live.strides import Strides
from livetorch.live.widget import Widget, WidgetError

__all__ = [
    "Broadcasting",
    "Capacity",
    "DrawDigit",
    "Exported",
    "Quiz",
    "ResumedRun",
    "Strides",
    "Widget",
    "WidgetError",
    "export",
]
