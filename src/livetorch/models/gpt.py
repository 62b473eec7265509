"""A GPT: a score for every token that may come next, after each token of a text.

B batch, T tokens, S tokens read before them, V vocabulary, D width, L layers, K heads of keys,
d features of a head.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from livetorch.models.attention import KeyValues
from livetorch.models.rotary import rotary_tables
from livetorch.models.transformer import NORMS, Block, choice


@dataclass(frozen=True)
class GPTSettings:
    """What a GPT is made of. The defaults are those of this book's models; `gpt2` are GPT-2's."""

    vocabulary_size: int
    """V: how many different tokens there are"""
    context_length: int = 128
    """tokens that it can look back on, the newest included"""
    num_layers: int = 4
    num_heads: int = 4
    num_key_heads: int | None = None
    """heads of keys and values; None: as many as of queries"""
    width: int = 128
    """D: numbers that stand for a token on its way through the layers"""
    hidden_features: int | None = None
    """width of the small network of a block; None: four times ``width``"""
    activation: str = "relu^2"
    norm: str = "rms"
    norm_eps: float = 1e-5
    positions: str = "rotary"
    """``rotary``, or ``learned``: a vector for each place"""
    rotary_base: float = 10_000.0
    normalize: bool = True
    """divide queries and keys by their root mean square"""
    bias: bool = False
    tied: bool = False
    """the last layer's weights are those of the embedding"""
    dropout: float = 0.0

    def __post_init__(self) -> None:
        least = {"vocabulary_size": 1, "context_length": 1, "width": 1, "num_layers": 0}
        if self.hidden_features is not None:
            least["hidden_features"] = 1
        for name, smallest in least.items():
            if (size := getattr(self, name)) < smallest:
                raise ValueError(f"{name} must be at least {smallest}, got {size}")

    @classmethod
    def gpt2(cls, vocabulary_size: int = 50_257, **others: Any) -> GPTSettings:
        """GPT-2's choices at any size; its smallest model has 12 layers and heads, 768 wide."""
        chosen: dict[str, Any] = {"norm": "layer", "positions": "learned", "normalize": False}
        chosen |= {"activation": "gelu tanh", "bias": True, "tied": True}
        return cls(vocabulary_size, **chosen | others)

    @classmethod
    def llama(cls, vocabulary_size: int, **others: Any) -> GPTSettings:
        """Llama's choices at any size."""
        chosen: dict[str, Any] = {"activation": "swiglu", "normalize": False}
        return cls(vocabulary_size, **chosen | others)


class GPT(nn.Module):
    """Tokens become vectors, blocks mix what stands before each, and a layer scores what is next.

    Its loss is `livetorch.losses.sequence_cross_entropy`, with the text one token later.

    Raises:
        ValueError: as `Block`; positions of another name; tokens that are not int64 (B, T), are
            outside of the vocabulary, or are more than the context has places.

    Source: Radford et al., 2019, Language models are unsupervised multitask learners.
    """

    cosines: Tensor
    sines: Tensor

    def __init__(self, settings: GPTSettings) -> None:
        super().__init__()
        self.settings = s = settings
        choice(s.positions, {"rotary": None, "learned": None}, "positions")
        self.embedding = nn.Embedding(s.vocabulary_size, s.width)
        self.position: nn.Embedding | None = None
        if s.positions == "learned":
            self.position = nn.Embedding(s.context_length, s.width)
        else:
            for name, table in zip(("cosines", "sines"), self._rotary_tables(), strict=True):
                self.register_buffer(name, table, persistent=False)
        self.blocks = nn.ModuleList(
            Block(
                s.width,
                s.num_heads,
                4 * s.width if s.hidden_features is None else s.hidden_features,
                activation=s.activation,
                norm=s.norm,
                norm_eps=s.norm_eps,
                bias=s.bias,
                dropout=s.dropout,
                num_key_heads=s.num_key_heads,
                normalize=s.normalize,
            )
            for _ in range(s.num_layers)
        )
        biased = {"bias": s.bias} if s.norm == "layer" else {}
        self.norm = choice(s.norm, NORMS, "norm")(s.width, eps=s.norm_eps, **biased)
        self.head = nn.Linear(s.width, s.vocabulary_size, bias=False)
        self._start()
        if s.tied:
            self.head.weight = self.embedding.weight

    def _rotary_tables(self) -> tuple[Tensor, Tensor]:
        s = self.settings
        return rotary_tables(s.context_length, s.width // s.num_heads, s.rotary_base)

    def _start(self) -> None:
        """Small weights, and smaller ones where a block adds to the sum of all blocks."""
        for name, parameter in self.named_parameters():
            if parameter.ndim == 2:
                adds = name.endswith(("out.weight", "down.weight"))
                shrink = math.sqrt(2 * self.settings.num_layers) if adds else 1
                nn.init.normal_(parameter, std=0.02 / shrink)
            elif name.endswith("bias"):
                nn.init.zeros_(parameter)

    def forward(self, tokens: Tensor, cache: list[KeyValues] | None = None) -> Tensor:
        """tokens (B, T) -> logits (B, T, V)

        With a ``cache``, `empty_cache` at first, the tokens follow those that it has read, and are
        added to it: a text in pieces gives the logits of the text as a whole.
        """
        before = cache[0].num_places if cache else 0
        self.check(tokens, before, cache)
        places = slice(before, before + tokens.shape[1])
        x, looks = self.embedding(tokens), {}
        if self.position is not None:
            x = x + self.position.weight[places]
        else:
            looks["rotary"] = (self.cosines[places], self.sines[places])
        for number, block in enumerate(self.blocks):
            x = block(x, causal=True, cache=cache[number] if cache else None, **looks)
        return self.head(self.norm(x))

    def empty_cache(self) -> list[KeyValues]:
        """A cache that has read nothing: what each layer will look back on."""
        return [KeyValues() for _ in self.blocks]

    def step(self, tokens: Tensor, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """`forward` with the cache as two tensors, for export: tokens (B, T), keys and values
        (L, B, K, S, d) -> the last token's logits (B, V), keys and values (L, B, K, S + T, d)"""
        cache = [KeyValues(*layer) for layer in zip(keys, values, strict=True)]
        logits = self(tokens, cache)[:, -1]
        keys = torch.stack([layer.keys for layer in cache if layer.keys is not None])
        values = torch.stack([layer.values for layer in cache if layer.values is not None])
        return logits, keys, values

    def check(self, tokens: Tensor, before: int, cache: list[KeyValues] | None) -> None:
        """Refuse tokens that cannot be read, in words; an index error on a GPU would have none."""
        if tokens.ndim != 2 or tokens.numel() == 0 or tokens.dtype != torch.int64:
            raise ValueError(
                "tokens must be int64 (batch, tokens) with at least one of each, got "
                f"{tuple(tokens.shape)} of {tokens.dtype}"
            )
        if cache is not None and len(cache) != len(self.blocks):
            raise ValueError(
                f"the cache is of a model with {len(cache)} layers, this one has "
                f"{len(self.blocks)}: start with model.empty_cache()"
            )
        if torch.compiler.is_compiling():
            return  # what follows depends on the tokens, which a graph must not
        size, longest = self.settings.vocabulary_size, self.settings.context_length
        if before + tokens.shape[1] > longest:
            raise ValueError(
                f"{before + tokens.shape[1]} tokens are more than the context of {longest} that "
                "the model was made for: leave out the oldest, and start a new cache"
            )
        least, most = (int(end) for end in tokens.aminmax())
        if least < 0 or most >= size:
            raise ValueError(
                f"tokens must lie between 0 and {size - 1}, the size of the vocabulary less one; "
                f"these go from {least} to {most}"
            )
