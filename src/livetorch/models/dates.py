"""A network that reads a date as people write it, and one that writes it as machines read it.

B batch, S places read, T signs written, H heads, F features of a state, V signs to choose from.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from livetorch.models.attention import MultiHeadAttention, padding_mask


class DateReader(nn.Module):
    """A GRU reads, a GRU writes; before each sign the writer may look at all that was read.

    The writer begins with the reader's state after the last letter. Without ``attend`` this state
    is all it ever gets, and the places that the look would fill hold zeros.

    Args:
        num_letters: how many tokens can be read; 0 is padding.
        num_signs: V, how many can be written; one more starts the writer.
        features: F, of both states; ``num_heads`` divide them.

    Raises:
        ValueError: as `MultiHeadAttention`.
    """

    def __init__(
        self,
        num_letters: int,
        num_signs: int,
        features: int = 64,
        num_heads: int = 4,
        attend: bool = True,
    ) -> None:
        super().__init__()
        self.num_signs, self.num_heads = num_signs, num_heads
        self.letters = nn.Embedding(num_letters, 32, padding_idx=0)
        self.reader = nn.GRU(32, features, batch_first=True)
        self.signs = nn.Embedding(num_signs + 1, 16)
        self.writer = nn.GRU(16, features, batch_first=True)
        self.look = MultiHeadAttention(features, num_heads) if attend else None
        self.head = nn.Linear(2 * features, num_signs)

    def forward(self, tokens: Tensor, targets: Tensor) -> Tensor:
        """Teacher forcing: tokens (B, S), the right signs (B, T) -> logits (B, T, V)"""
        return self.answer(self.read(tokens), targets)

    def read(self, tokens: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """tokens (B, S) -> states after each letter (B, S, F), the state after the last letter
        (1, B, F), and the mask of letters (B, 1, 1, S) that keeps the look from the padding"""
        lengths = (tokens > 0).sum(dim=1)
        states, _ = self.reader(self.letters(tokens))
        last = states[torch.arange(len(tokens), device=tokens.device), lengths - 1]
        return states, last.unsqueeze(0), padding_mask(lengths, tokens.shape[1])

    def writing(self, signs: Tensor, last: Tensor) -> Tensor:
        """signs (B, T), the reader's last state (1, B, F) -> the writer's states (B, T, F); the
        state at a place knows the signs before it"""
        given = functional.pad(signs[:, :-1], (1, 0), value=self.num_signs)
        return self.writer(self.signs(given), last)[0]

    def answer(self, read: tuple[Tensor, Tensor, Tensor], signs: Tensor) -> Tensor:
        """What `read` gave, signs (B, T) -> logits (B, T, V)"""
        states, last, mask = read
        hidden = self.writing(signs, last)
        looked = torch.zeros_like(hidden)
        if self.look is not None:
            looked = self.look(hidden, states, mask=mask)
        return self.head(torch.cat([hidden, looked], dim=2))

    def explain(
        self, tokens: Tensor, signs: Tensor, heads: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """`forward` with a switch for each head, and how the heads look: tokens (B, S), the signs
        written so far (B, T), heads (H,) -> logits (B, T, V), scores and weights (B, H, T, S).

        What comes out at a place depends on the signs before it alone. The scores are those before
        the mask, the weights at padding are 0. ``heads`` are factors of what the heads found: 1
        leaves a head as it is, 0 switches it off.

        Raises:
            ValueError: the model does not attend.
        """
        return self._explained(self.read(tokens), signs, heads)

    def _explained(
        self, read: tuple[Tensor, Tensor, Tensor], signs: Tensor, heads: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        if self.look is None:
            raise ValueError("a model made with attend=False has no heads")
        states, last, mask = read
        hidden = self.writing(signs, last)
        projected = self.look.query(hidden), self.look.key(states), self.look.value(states)
        queries, keys, values = (
            part.unflatten(2, (self.num_heads, -1)).transpose(1, 2) for part in projected
        )
        scores = queries @ keys.transpose(2, 3) / math.sqrt(self.look.head_features)
        weights = scores.masked_fill(~mask, -math.inf).softmax(dim=3)
        mixed = weights @ values * heads[:, None, None]  # (B, H, T, F / H)
        looked = self.look.out(mixed.transpose(1, 2).flatten(2))
        return self.head(torch.cat([hidden, looked], dim=2)), scores, weights

    @torch.no_grad()
    def write(self, tokens: Tensor, num_signs: int = 10, heads: Tensor | None = None) -> Tensor:
        """Without a teacher: tokens (B, S) -> the signs (B, T), each the likeliest after those
        before it; T is by itself the length of ``1668-10-28``. ``heads`` as in `explain`.

        Raises:
            ValueError: heads are given, and the model does not attend.
        """
        signs = torch.zeros(len(tokens), num_signs, dtype=torch.int64, device=tokens.device)
        read = self.read(tokens)
        for t in range(num_signs):
            if heads is None:
                logits = self.answer(read, signs)
            else:
                logits, *_ = self._explained(read, signs, heads)
            signs[:, t] = logits[:, t].argmax(dim=1)
        return signs
