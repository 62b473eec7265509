"""A run that was cut off: choose what its checkpoint holds, and see where the resumed run goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

from livetorch.live.frame.widget import Widget

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PARTS = ("optimizer", "schedule", "generators")
"""what a checkpoint may hold besides the model's weights"""


class ResumedRun(Widget):
    """The loss of an uninterrupted run, and of one resumed from each kind of checkpoint.

    ``before`` and ``after`` are the losses of the uninterrupted run on both sides of the middle,
    ``rates`` its learning rates. ``outcomes`` maps each subset of `PARTS` to the ``losses`` and
    ``rates`` of the resumed run and the largest ``gap`` between the final weights of the two
    runs. ``sizes`` are the bytes of ``"model"`` and of each part.

    Raises:
        ValueError: a subset is missing, or the lists do not fit each other.
    """

    module = "resumed"
    title = "What must a checkpoint hold?"
    description = (
        "The training loss of a run falls over its steps. At the middle a second line leaves it: "
        "the run that was resumed from the weights alone. Near the end it is the higher one."
    )

    def __init__(
        self,
        before: Sequence[float],
        after: Sequence[float],
        rates: Sequence[float],
        outcomes: Mapping[tuple[str, ...], Mapping[str, Any]],
        sizes: Mapping[str, int],
    ) -> None:
        subsets = [parts for count in range(4) for parts in combinations(PARTS, count)]
        if missing := [parts for parts in subsets if parts not in outcomes]:
            raise ValueError(f"no outcome for the parts {missing[0]}")
        lengths = {len(after), *(len(outcomes[parts]["losses"]) for parts in subsets)}
        if len(lengths) > 1 or len(rates) != len(before) + len(after):
            raise ValueError("each run needs one loss and one rate for each step")
        super().__init__(
            before=_short(before),
            after=_short(after),
            rates=_short(rates),
            restarted=_short(outcomes[()]["rates"]),
            outcomes={
                "+".join(parts): {
                    "losses": _short(outcomes[parts]["losses"]),
                    "gap": float(f"{outcomes[parts]['gap']:.2g}"),
                    # Decided before the rounding: the same means bit for bit.
                    "same": outcomes[parts]["gap"] == 0
                    and list(outcomes[parts]["losses"]) == list(after),
                }
                for parts in subsets
            },
            sizes={part: sizes[part] for part in ("model", *PARTS)},
        )

    def still(self) -> Figure:
        from matplotlib.figure import Figure

        from livetorch.colors import INK, LIGHT

        before, after = self.options["before"], self.options["after"]
        figure = Figure(figsize=(5.6, 3.0), layout="constrained")
        axes = figure.subplots()
        axes.plot(before + after, color=LIGHT["grey"], linewidth=5, label="uninterrupted")
        steps = range(len(before), len(before) + len(after))
        axes.plot(
            steps,
            self.options["outcomes"][""]["losses"],
            "--",
            color=LIGHT["orange"],
            label="resumed from the weights alone",
        )
        axes.axvline(len(before), color=INK["light"], linewidth=1, linestyle=":")
        axes.set(yscale="log", xlabel="step", ylabel="training loss")
        axes.minorticks_off()
        axes.legend(loc="upper right")
        return figure


def _short(numbers: Sequence[float]) -> list[float]:
    """Three digits: more than a drawing shows, and all processors agree on nearly all of them."""
    return [float(f"{number:.3g}") for number in numbers]
