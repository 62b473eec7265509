"""A sentence encoder of the form of BERT: a vector for each piece of a text, and one for the text.

B texts, T pieces, V vocabulary, D width.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from livetorch.models.transformer import Encoder


@dataclass(frozen=True)
class SentenceEncoderSettings:
    """What an encoder is made of. The defaults are those of paraphrase-MiniLM-L3-v2."""

    vocabulary_size: int = 30_522
    """V: how many different pieces there are"""
    longest: int = 512
    """pieces that a text may have: there is a vector for each place"""
    num_layers: int = 3
    num_heads: int = 12
    width: int = 384
    """D: numbers that stand for a piece on its way through the layers"""
    hidden_features: int = 1536
    """width of the small network of a block"""
    norm_eps: float = 1e-12
    """BERT's; torch's own default is 1e-5"""


class SentenceEncoder(nn.Module):
    """Pieces become vectors, and every place looks at all others, in front of it and behind.

    Blocks norm the sum (Vaswani et al., 2017), unlike those of a `GPT`. Each place begins with the
    sum of three vectors: of its piece, of its place, and of its segment. BERT read pairs of texts
    and told them apart by the last; a sentence alone is always the first segment.

    Raises:
        ValueError: as `Encoder`; pieces that are not int64 (B, T), are outside of the vocabulary,
            or are more than there are places; a mask that is not boolean (B, T).

    Source: Devlin et al., 2019, BERT; Reimers and Gurevych, 2019, Sentence-BERT.
    """

    def __init__(self, settings: SentenceEncoderSettings | None = None) -> None:
        super().__init__()
        self.settings = s = settings or SentenceEncoderSettings()
        self.word = nn.Embedding(s.vocabulary_size, s.width)
        self.position = nn.Embedding(s.longest, s.width)
        self.segment = nn.Embedding(2, s.width)  # a module's `type` is its method: not that name
        self.norm = nn.LayerNorm(s.width, eps=s.norm_eps)
        self.encoder = Encoder(
            s.num_layers,
            s.width,
            s.num_heads,
            s.hidden_features,
            norm_first=False,
            activation="gelu",
            norm_eps=s.norm_eps,
        )

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """ids (B, T), mask (B, T), True for a piece and False for padding -> (B, T, D)"""
        self.check(ids, mask)
        x = self.word(ids) + self.position.weight[: ids.shape[1]] + self.segment.weight[0]
        return self.encoder(self.norm(x), mask[:, None, None])

    def pooled(self, ids: Tensor, mask: Tensor) -> Tensor:
        """The mean (B, D) over the pieces; padding has no part in it."""
        kept = mask[..., None].to(self.norm.weight.dtype)
        return (self(ids, mask) * kept).sum(1) / kept.sum(1)

    def embed(self, ids: Tensor, mask: Tensor) -> Tensor:
        """The mean (B, D) with length 1: the product of two is the cosine of their angle."""
        return functional.normalize(self.pooled(ids, mask), dim=1)

    def check(self, ids: Tensor, mask: Tensor) -> None:
        """Refuse what cannot be read, in words; an index error on a GPU would have none."""
        if ids.ndim != 2 or ids.numel() == 0 or ids.dtype != torch.int64:
            raise ValueError(
                "pieces must be int64 (texts, pieces) with at least one of each, got "
                f"{tuple(ids.shape)} of {ids.dtype}"
            )
        if mask.shape != ids.shape or mask.dtype != torch.bool:
            raise ValueError(
                f"the mask must be boolean {tuple(ids.shape)}, True for a piece and False for "
                f"padding, got {tuple(mask.shape)} of {mask.dtype}"
            )
        if torch.compiler.is_compiling():
            return  # what follows depends on the pieces, which a graph must not
        size, longest = self.settings.vocabulary_size, self.settings.longest
        if ids.shape[1] > longest:
            raise ValueError(
                f"{ids.shape[1]} pieces are more than the {longest} places of this encoder: "
                f"cut the text, by encode(text, longest={longest})"
            )
        least, most = (int(end) for end in ids.aminmax())
        if least < 0 or most >= size:
            raise ValueError(
                f"pieces are numbered 0 to {size - 1}; these go from {least} to {most}"
            )
        if not mask.any(1).all():
            raise ValueError("each text needs at least one piece: a row of the mask is all False")


class SentenceClassifier(nn.Module):
    """An encoder, and one linear layer on the mean of what it says of the pieces."""

    def __init__(self, encoder: SentenceEncoder) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = nn.Linear(encoder.settings.width, 1)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """ids (B, T), mask (B, T) -> logits (B,), above zero for the second of two classes"""
        return self.head(self.encoder.pooled(ids, mask)).squeeze(1)
