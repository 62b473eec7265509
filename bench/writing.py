"""Writing with a cache of keys and values against reading the whole text for each token.

One model, 4 layers of width 128 with random weights, writes greedily until its context of 512
tokens is full; both ways give the same text. One thread's processor time.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from bench.measure import Row, ratios, row
from livetorch.generation import generate
from livetorch.models.gpt import GPT, GPTSettings

CONTEXT, PROMPT = 512, 8
AT_MOST = 5
"""runs; one without a cache takes seconds"""


def random_model(context: int = CONTEXT) -> GPT:
    """A model that is as sure of its next tokens as a trained one."""
    torch.manual_seed(0)
    model = GPT(GPTSettings(768, context_length=context, num_layers=4, num_heads=4, width=128))
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim == 2:
                parameter.normal_(std=0.15)
    return model.eval()


def written(model: GPT, *, cache: bool) -> Tensor:
    """A context full of tokens (T,)."""
    prompt = torch.arange(PROMPT)
    length = model.settings.context_length - PROMPT
    return generate(model, prompt, length, temperature=0, cache=cache)


def rows(runs: int) -> Iterator[Row]:
    torch.set_num_threads(1)
    model = random_model()
    yield row(
        f"tokens a second with a cache / without, to a context of {CONTEXT}",
        ratios(
            lambda: written(model, cache=False),
            lambda: written(model, cache=True),
            min(runs, AT_MOST),
        ),
        goal=5,
        better="higher",
    )
