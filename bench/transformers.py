"""The book's GPT against the same model written plainly, and attention by hand against torch's.

*Training*: both models are GPT-2 in small with the same weights, and take the same steps on the
same tokens: forward, loss, backward, AdamW. The other one is written as nanoGPT writes it, with
torch's modules alone: one linear layer for queries, keys and values, no cache, no other kinds of
positions, and no look at its arguments. What is measured is what the book's choice costs, one
class that can also be Llama, keep a cache, and say what is wrong with its input.

*Attention*: a pass forward of `attend`, which makes the whole table of scores and returns it,
against `torch.nn.functional.scaled_dot_product_attention`, both causal.

One thread's processor time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional

from bench.measure import Row, ratios, row
from livetorch.losses import sequence_cross_entropy
from livetorch.models.attention import attend, causal_mask
from livetorch.models.gpt import GPT, GPTSettings

BATCH, CONTEXT, VOCABULARY, LAYERS, HEADS, WIDTH = 16, 128, 768, 4, 4, 128
STEPS = 3
"""training steps in a run"""
LOOKS, PLACES, FEATURES = (4, 8), 256, 32
"""batch and heads, places, and features of a head, of attention alone"""


class PlainAttention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.c_attn, self.c_proj = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        """x (B, T, D) -> (B, T, D)"""
        batch, length, width = x.shape
        queries, keys, values = (
            part.view(batch, length, HEADS, width // HEADS).transpose(1, 2)
            for part in self.c_attn(x).split(width, dim=2)
        )
        y = functional.scaled_dot_product_attention(queries, keys, values, is_causal=True)
        return self.c_proj(y.transpose(1, 2).contiguous().view(batch, length, width))


class PlainBlock(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.ln_1, self.attn, self.ln_2 = (
            nn.LayerNorm(WIDTH),
            PlainAttention(),
            nn.LayerNorm(WIDTH),
        )
        self.mlp = nn.Sequential(
            nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(approximate="tanh"), nn.Linear(4 * WIDTH, WIDTH)
        )

    def forward(self, x: Tensor) -> Tensor:
        """x (B, T, D) -> (B, T, D)"""
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class PlainGPT(nn.Module):
    """GPT-2 in nanoGPT's form, with the weights of a `GPT` of the same choices."""

    def __init__(self, source: GPT) -> None:
        super().__init__()
        self.wte, self.wpe = nn.Embedding(VOCABULARY, WIDTH), nn.Embedding(CONTEXT, WIDTH)
        self.h = nn.ModuleList(PlainBlock() for _ in range(LAYERS))
        self.ln_f, self.lm_head = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, VOCABULARY, bias=False)
        self.lm_head.weight = self.wte.weight
        state = {
            "wte.weight": source.embedding.weight,
            "wpe.weight": source.get_parameter("position.weight"),
            "lm_head.weight": source.head.weight,
        }
        for kind in ("weight", "bias"):
            state[f"ln_f.{kind}"] = source.get_parameter(f"norm.{kind}")
            for number in range(LAYERS):
                theirs = {
                    part: source.get_parameter(f"blocks.{number}.{part}.{kind}")
                    for part in (
                        *("attention_norm", "feed_forward_norm", "attention.query"),
                        *("attention.key", "attention.value", "attention.out"),
                        *("feed_forward.up", "feed_forward.down"),
                    )
                }
                block = f"h.{number}."
                state[f"{block}ln_1.{kind}"] = theirs["attention_norm"]
                state[f"{block}ln_2.{kind}"] = theirs["feed_forward_norm"]
                state[f"{block}attn.c_attn.{kind}"] = torch.cat(
                    [theirs[f"attention.{part}"] for part in ("query", "key", "value")]
                )
                state[f"{block}attn.c_proj.{kind}"] = theirs["attention.out"]
                state[f"{block}mlp.0.{kind}"] = theirs["feed_forward.up"]
                state[f"{block}mlp.2.{kind}"] = theirs["feed_forward.down"]
        self.load_state_dict(state)

    def forward(self, tokens: Tensor) -> Tensor:
        """tokens (B, T) -> logits (B, T, V)"""
        places = torch.arange(tokens.shape[1], device=tokens.device)
        x = self.wte(tokens) + self.wpe(places)
        for block in self.h:
            x = block(x)
        return self.lm_head(self.ln_f(x))


def models() -> tuple[GPT, PlainGPT]:
    """The book's and the plain one, with the same weights."""
    torch.manual_seed(0)
    sizes = {"num_layers": LAYERS, "num_heads": HEADS, "width": WIDTH}
    ours = GPT(GPTSettings.gpt2(VOCABULARY, context_length=CONTEXT, **sizes))
    return ours, PlainGPT(ours)


def training(model: nn.Module) -> Callable[[], list[float]]:
    """A run of some training steps, which returns their losses."""
    generator = torch.Generator().manual_seed(0)
    rows = torch.randint(VOCABULARY, (BATCH, CONTEXT + 1), generator=generator)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)

    def run() -> list[float]:
        losses = []
        for _ in range(STEPS):
            loss = sequence_cross_entropy(model(rows[:, :-1]), rows[:, 1:])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses

    return run


def looks() -> tuple[Callable[[], Tensor], Callable[[], Tensor]]:
    """Causal attention by hand and torch's, (*LOOKS, T, d) from the same queries, keys, values."""
    generator = torch.Generator().manual_seed(0)
    shape = (3, *LOOKS, PLACES, FEATURES)
    queries, keys, values = torch.randn(shape, generator=generator).unbind()
    mask = causal_mask(PLACES)
    torchs = functional.scaled_dot_product_attention
    return (
        lambda: attend(queries, keys, values, mask)[0],
        lambda: torchs(queries, keys, values, is_causal=True),
    )


def rows(runs: int) -> Iterator[Row]:
    torch.set_num_threads(1)
    ours, plain = map(training, models())
    yield row(
        "training of a GPT, tokens a second / nanoGPT's form",
        ratios(plain, ours, runs),
        goal=0.98,
        better="higher",
    )
    by_hand, torchs = looks()
    yield row(
        f"attention by hand / scaled_dot_product_attention, {PLACES} places",
        ratios(by_hand, torchs, runs),
    )
