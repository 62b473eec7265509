"""Widgets: figures that a reader moves, in a notebook and in a page that has no kernel."""

from livetorch.live.frame.widget import Widget, WidgetError
from livetorch.live.onnx.exporting import Exported, NotExported, export
from livetorch.live.quiz.quiz import Quiz
from livetorch.live.widgets.attention_explorer import AttentionExplorer
from livetorch.live.widgets.backward import Backward
from livetorch.live.widgets.branch import Branch
from livetorch.live.widgets.broadcasting import Broadcasting
from livetorch.live.widgets.byte_pair_steps import BytePairSteps
from livetorch.live.widgets.capacity import Capacity
from livetorch.live.widgets.clothes import DrawClothes
from livetorch.live.widgets.digits import DrawDigit
from livetorch.live.widgets.fit_line import FitLine
from livetorch.live.widgets.hear_sampling import HearSampling
from livetorch.live.widgets.kernel import KernelExplorer
from livetorch.live.widgets.memory_calculator import MemoryCalculator
from livetorch.live.widgets.name_emoji import NameEmoji
from livetorch.live.widgets.playground import Playground
from livetorch.live.widgets.race import Race
from livetorch.live.widgets.resumed import ResumedRun
from livetorch.live.widgets.sample_text import SampleText
from livetorch.live.widgets.say_digit import SayDigit
from livetorch.live.widgets.schedule_explorer import ScheduleExplorer
from livetorch.live.widgets.search_emoji import SearchEmoji, WordList
from livetorch.live.widgets.spectrogram import Spectrogram
from livetorch.live.widgets.speed_up import SpeedUp
from livetorch.live.widgets.strides import Strides
from livetorch.live.widgets.threshold import Threshold
from livetorch.live.widgets.trace_explorer import TraceExplorer
from livetorch.live.widgets.type_name import TypeName
from livetorch.live.widgets.weigh_words import WeighWords
from livetorch.live.widgets.write_tokens import WriteTokens

__all__ = [
    "AttentionExplorer",
    "Backward",
    "Branch",
    "Broadcasting",
    "BytePairSteps",
    "Capacity",
    "DrawClothes",
    "DrawDigit",
    "Exported",
    "FitLine",
    "HearSampling",
    "KernelExplorer",
    "MemoryCalculator",
    "NameEmoji",
    "NotExported",
    "Playground",
    "Quiz",
    "Race",
    "ResumedRun",
    "SampleText",
    "SayDigit",
    "ScheduleExplorer",
    "SearchEmoji",
    "Spectrogram",
    "SpeedUp",
    "Strides",
    "Threshold",
    "TraceExplorer",
    "TypeName",
    "WeighWords",
    "Widget",
    "WidgetError",
    "WordList",
    "WriteTokens",
    "export",
]
