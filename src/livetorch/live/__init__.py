"""Widgets: figures that a reader moves, in a notebook and in a page that has no kernel."""

from livetorch.live.backward import Backward
from livetorch.live.branch import Branch
from livetorch.live.broadcasting import Broadcasting
from livetorch.live.capacity import Capacity
from livetorch.live.digits import DrawDigit
from livetorch.live.exporting import Exported, export
from livetorch.live.fit_line import FitLine
from livetorch.live.kernel import KernelExplorer
from livetorch.live.playground import Playground
from livetorch.live.quiz import Quiz
from livetorch.live.race import Race
from livetorch.live.resumed import ResumedRun
from livetorch.live.strides import Strides
from livetorch.live.threshold import Threshold
from livetorch.live.widget import Widget, WidgetError

__all__ = [
    "Backward",
    "Branch",
    "Broadcasting",
    "Capacity",
    "DrawDigit",
    "Exported",
    "FitLine",
    "KernelExplorer",
    "Playground",
    "Quiz",
    "Race",
    "ResumedRun",
    "Strides",
    "Threshold",
    "Widget",
    "WidgetError",
    "export",
]
