"""The one place where a training loop meets other processes that share its work.

Alone, each of these does as little as it says. `livetorch.distributed` puts `Sharing` in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from torch import Tensor, nn


class Alone:
    """What a loop does for other processes where there are none."""

    def check(self, loader: Iterable[Any]) -> None:
        """Refuse a loader that does not keep the processes in step."""

    def weighted(
        self,
        model: nn.Module,  # noqa: ARG002 (others look at it)
        loss_fn: Callable[[Tensor, Tensor], Tensor],
    ) -> Callable[[Tensor, Tensor], Tensor]:
        """The loss whose gradients, averaged over the processes, are those of the whole batch."""
        return loss_fn

    def add_up(self, values: Sequence[float]) -> list[float]:
        """The sum of each number over all processes."""
        return list(values)

    def is_main(self) -> bool:
        """Whether this process is the one that prints."""
        return True


current: Alone = Alone()
