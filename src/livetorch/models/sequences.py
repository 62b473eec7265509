"""Models of text: one that names its class, one that writes its next character.

B batch, T steps of time, V vocabulary, E embedding features, H hidden features, K classes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from livetorch.models.sampling import check_prompt, check_temperature, drawn, tempered
from livetorch.modes import evaluating

LAYERS: dict[str, Callable[..., nn.RNNBase]] = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}


class SequenceModel(nn.Module):
    """What both models share: a vector for each token, a recurrent layer, a linear layer out.

    Raises:
        ValueError: a size below 1; a layer of another name; tokens that are not int64 (B, T), have
            no step, or are outside of the vocabulary; a state of another kind or batch.
    """

    def __init__(
        self,
        vocabulary_size: int,
        embedding_features: int,
        hidden_features: int,
        out_features: int,
        layer: str,
        padding: int | None,
    ) -> None:
        super().__init__()
        widths = [vocabulary_size, embedding_features, hidden_features, out_features]
        if min(widths) < 1:
            raise ValueError(f"every size must be at least 1, got {widths}")
        if layer not in LAYERS:
            raise ValueError(f"layer must be one of {', '.join(LAYERS)}, got {layer!r}")
        self.embedding = nn.Embedding(vocabulary_size, embedding_features, padding_idx=padding)
        self.layer = LAYERS[layer](embedding_features, hidden_features, batch_first=True)
        self.head = nn.Linear(hidden_features, out_features)

    def hidden(self, tokens: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """tokens (B, T), state before or None -> hidden of each step (B, T, H), state after"""
        if tokens.dim() != 2 or tokens.numel() == 0 or tokens.dtype != torch.int64:
            raise ValueError(
                "tokens must be int64 (batch, steps) with at least one sequence and one step, got "
                f"{tuple(tokens.shape)} of {tokens.dtype}"
            )
        if state is not None:
            self.check_state(state, len(tokens))
        try:
            vectors = self.embedding(tokens)
        except IndexError as error:
            raise ValueError(
                f"tokens must lie between 0 and {self.embedding.num_embeddings - 1}, the size of "
                f"the vocabulary less one; these go from {tokens.min()} to {tokens.max()}"
            ) from error
        return self.layer(vectors, state)

    def check_state(self, state: Any, batch: int) -> None:
        """Refuse a state that is not what this layer returns for a batch of this size."""
        name, two = type(self.layer).__name__, isinstance(self.layer, nn.LSTM)
        parts = state if two and isinstance(state, tuple) else (state,)
        if len(parts) != 1 + two or not all(isinstance(part, Tensor) for part in parts):
            expected = "a tuple of two tensors" if two else "one tensor"
            raise ValueError(f"the state of {name} is {expected}, got a {type(state).__name__}")
        for part in parts:
            if part.shape != (1, batch, self.layer.hidden_size):
                raise ValueError(
                    f"the state of {name} for {batch} sequences has the shape "
                    f"{(1, batch, self.layer.hidden_size)}, got {tuple(part.shape)}"
                )


class SequenceClassifier(SequenceModel):
    """One class for a whole sequence, from what the layer holds after the last real token.

    Token 0 is padding: its vector is zero and stays so. What stands after a sequence's length
    changes nothing. Its loss is `torch.nn.CrossEntropyLoss`, with class numbers (B,).

    Raises:
        ValueError: as `SequenceModel`; lengths that are not (B,), or not within 1 and T.
    """

    def __init__(
        self,
        vocabulary_size: int,
        num_classes: int,
        embedding_features: int = 32,
        hidden_features: int = 96,
        layer: str = "gru",
    ) -> None:
        super().__init__(
            vocabulary_size, embedding_features, hidden_features, num_classes, layer, padding=0
        )

    def forward(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        """tokens (B, T), lengths (B,) -> logits (B, K)"""
        outputs, _ = self.hidden(tokens)
        if lengths.shape != tokens.shape[:1]:
            raise ValueError(
                f"lengths must be one number for each of {len(tokens)} sequences, got "
                f"{tuple(lengths.shape)}"
            )
        if lengths.min() < 1 or lengths.max() > tokens.shape[1]:
            raise ValueError(
                f"lengths must lie between 1 and {tokens.shape[1]}, the steps of these tokens; "
                f"they go from {lengths.min()} to {lengths.max()}"
            )
        rows = torch.arange(len(tokens), device=tokens.device)
        return self.head(outputs[rows, lengths - 1])

    def beliefs(self, tokens: Tensor) -> Tensor:
        """tokens (B, T) -> logits (B, T, K): what `forward` would say after each token.

        Later tokens change nothing, so a page whose model has a fixed T pads and reads the front.
        """
        return self.head(self.hidden(tokens)[0])


class CharacterModel(SequenceModel):
    """A score for each character that may come next, after each character of a text.

    Its loss is `livetorch.losses.sequence_cross_entropy`, with the text one character later.
    """

    def __init__(
        self,
        vocabulary_size: int,
        embedding_features: int = 64,
        hidden_features: int = 192,
        layer: str = "gru",
    ) -> None:
        super().__init__(
            vocabulary_size, embedding_features, hidden_features, vocabulary_size, layer, None
        )

    def forward(self, tokens: Tensor, state: Any = None) -> Tensor:
        """tokens (B, T), state before or None -> logits (B, T, V)"""
        return self.step(tokens, state)[0]

    def step(self, tokens: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """tokens (B, T), state before or None -> logits (B, T, V), state after.

        The state is that of the torch layer. A text in pieces, each with the state after the one
        before it, gives the logits of the text as a whole. Detach the state between pieces to
        train without gradients that reach ever further back.
        """
        outputs, state = self.hidden(tokens, state)
        return self.head(outputs), state


@torch.no_grad()
def generate(
    model: CharacterModel,
    prompt: Tensor,
    length: int,
    temperature: float = 1.0,
    generator: torch.Generator | None = None,
) -> Tensor:
    """The prompt (T,) and ``length`` tokens drawn after it, (T + length,) int64.

    Logits are divided by the temperature before the draw: below 1 likely tokens become more
    likely, and at 0 the likeliest is always taken. The same generator state gives the same
    tokens; it lives on the model's device. Afterwards every module is in the mode it was found in.

    Raises:
        ValueError: the prompt is empty or not (T,); the length is below 0; the temperature is
            negative or not finite; as the model for tokens outside of its vocabulary.
    """
    check_prompt(prompt, length)
    check_temperature(temperature)
    tokens, state = [prompt], None
    with evaluating(model):
        for _ in range(length):
            logits, state = model.step(tokens[-1][None], state)
            tokens.append(drawn(tempered(logits[0, -1], temperature), generator))
    return torch.cat(tokens)
