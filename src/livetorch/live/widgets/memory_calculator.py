"""Where the memory of a GPT goes: every part in bytes, for a model and a use of the reader's."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from livetorch.colors import INK, LIGHT, PAPER
from livetorch.live.frame.widget import Widget, WidgetError
from livetorch.memory_sizes import (
    LLAMA_2_7B,
    MemoryUse,
    block_bytes,
    end_bytes,
    memory_sizes,
    parameter_count,
)
from livetorch.models.gpt import GPTSettings

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LARGEST = 1_000_000
"""what a field takes"""
MODEL_SIZES = (
    *("vocabulary_size", "context_length", "num_layers", "num_heads", "num_key_heads"),
    *("width", "hidden_features"),
)
USE_SIZES = ("batch_size", "num_tokens", "num_processes")
PARTS = {
    "parameters": ("blue", None),
    "gradients": ("orange", "//"),
    "optimizer": ("plum", None),
    "activations": ("olive", "\\\\"),
    "cache": ("green", None),
}
"""in the order of the bar, with their colors; every second one is hatched"""
START = MemoryUse(batch_size=1, num_tokens=8192, precision="bfloat16")
DEVICE = 80
"""gigabytes of the device at the start"""


@dataclass(frozen=True)
class Preset:
    """A model by its name, where its sizes are published, and what its blocks are like."""

    name: str
    source: str
    settings: GPTSettings


GPT2 = "Radford and others, 2019: learned positions, biases, GELU, one table for both ends"
LLAMA = "rotary positions, RMSNorm, SwiGLU"
PRESETS = (
    Preset(
        "The shipped model of this book",
        "trained on Shakespeare's plays: rotary positions, RMSNorm, squared ReLU",
        GPTSettings(768, context_length=128, num_layers=5, num_heads=4, width=160),
    ),
    Preset(
        "GPT-2 small",
        GPT2,
        GPTSettings.gpt2(context_length=1024, num_layers=12, num_heads=12, width=768),
    ),
    Preset(
        "GPT-2 XL",
        GPT2,
        GPTSettings.gpt2(context_length=1024, num_layers=48, num_heads=25, width=1600),
    ),
    Preset(
        "Llama 2 7B",
        f"Touvron and others, 2023: {LLAMA}",
        LLAMA_2_7B,
    ),
    Preset(
        "Llama 3 8B",
        f"Grattafiori and others, 2024: {LLAMA}, 8 heads of keys",
        GPTSettings.llama(
            128_256,
            context_length=8192,
            num_layers=32,
            num_heads=32,
            num_key_heads=8,
            width=4096,
            hidden_features=14_336,
        ),
    ),
    Preset(
        "Llama 3 70B",
        f"Grattafiori and others, 2024: {LLAMA}, 8 heads of keys",
        GPTSettings.llama(
            128_256,
            context_length=8192,
            num_layers=80,
            num_heads=64,
            num_key_heads=8,
            width=8192,
            hidden_features=28_672,
        ),
    ),
)
FIRST = "Llama 3 8B"


def whole_settings(settings: GPTSettings) -> dict[str, Any]:
    """The settings as a question has them: None stands for no size."""
    heads, hidden = settings.num_key_heads, settings.hidden_features
    return asdict(settings) | {
        "num_key_heads": heads or settings.num_heads,
        "hidden_features": hidden or 4 * settings.width,
    }


class MemoryCalculator(Widget):
    """A bar of what fills the memory of one process, and a table with the formulas.

    The question is ``{"settings", "use"}``, the fields of `GPTSettings` and `MemoryUse`. The answer
    has the bytes of `MemorySizes`, the ``count`` of parameters, and what is kept of a token in a
    ``block`` and at the two ``ends`` of the model.
    """

    module = "memory_calculator"
    title = "Where each byte goes"
    description = (
        "A bar for training a model of 8 billion parameters with Adam: optimizer state fills 96 "
        "gigabytes, parameters and gradients 16 each, activations of 8192 tokens 62 more. A line "
        "at 80 gigabytes, the memory of a device, lies far to the left of its end."
    )

    def __init__(self) -> None:
        presets = [
            {"name": p.name, "source": p.source, "settings": whole_settings(p.settings)}
            for p in PRESETS
        ]
        super().__init__(
            presets=presets,
            first=FIRST,
            use=asdict(START),
            largest=LARGEST,
            batches=[2**i for i in range(11)],
            tokens=[2**i for i in range(6, 18)],
            processes=[2**i for i in range(11)],
            devices=[8, 16, 24, 40, DEVICE, 141, 192],
            device=DEVICE,
        )

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        sizes = [question["settings"][name] for name in MODEL_SIZES]
        sizes += [question["use"][name] for name in USE_SIZES]
        if not all(isinstance(size, int) and 1 <= size <= LARGEST for size in sizes):
            raise WidgetError(f"Sizes are whole numbers from 1 to {LARGEST:,}.")
        try:
            settings, use = GPTSettings(**question["settings"]), MemoryUse(**question["use"])
            sized = memory_sizes(settings, use)
        except ValueError as error:
            raise WidgetError(str(error)) from None
        return asdict(sized) | {
            "count": parameter_count(settings),
            "block": block_bytes(settings, use),
            "ends": end_bytes(settings, use),
        }

    def still(self) -> Figure:
        from matplotlib.figure import Figure

        preset = next(preset for preset in PRESETS if preset.name == FIRST)
        sizes = asdict(memory_sizes(preset.settings, START))
        figure = Figure(figsize=(5.6, 2.1), layout="constrained")
        axes = figure.subplots()
        left = 0.0
        for name, (color, hatch) in PARTS.items():
            width = sizes[name] / 1e9
            if width:
                look: dict[str, Any] = {"color": LIGHT[color], "hatch": hatch}
                look |= {"edgecolor": PAPER["light"], "linewidth": 1}
                label = "optimizer state" if name == "optimizer" else name
                axes.barh(0, width, 0.5, left=left, label=label, **look)
            left += width
        for color, thick in ((PAPER["light"], 4.5), (INK["light"], 2)):
            axes.axvline(DEVICE, color=color, linewidth=thick)
        axes.set(xlabel=f"gigabytes to train {FIRST}; the line: a device of {DEVICE}", yticks=[])
        figure.legend(loc="outside upper center", ncols=4)
        return figure
