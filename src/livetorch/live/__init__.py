"""Widgets: figures that a reader moves, in a notebook and in a page that has no kernel."""

from livetorch.live.backward import Backward
from livetorch.live.branch import Branch
from livetorch.live.broadcasting import Broadcasting
from livetorch.live.capacity import Capacity
from livetorch.live.clothes import DrawClothes
from livetorch.live.digits import DrawDigit
from livetorch.live.exporting import Exported, NotExported, export
from livetorch.live.fit_line import FitLine
from livetorch.live.kernel import KernelExplorer
from livetorch.live.playground import Playground
from livetorch.live.quiz import Quiz
from livetorch.live.race import Race
from livetorch.live.resumed import ResumedRun
from livetorch.live.sample_text import SampleText
from livetorch.live.speed_up import SpeedUp
from livetorch.live.strides import Strides
from livetorch.live.threshold import Threshold
from livetorch.live.type_name import TypeName
from livetorch.live.widget import Widget, WidgetError

__all__ = [
    "Backward",
    "Branch",
    "Broadcasting",
    "Capacity",
    "DrawClothes",
    "DrawDigit",
    "Exported",
    "FitLine",
    "KernelExplorer",
    "NotExported",
    "Playground",
    "Quiz",
    "Race",
    "ResumedRun",
    "SampleText",
    "SpeedUp",
    "Strides",
    "Threshold",
    "TypeName",
    "Widget",
    "WidgetError",
    "export",
]
