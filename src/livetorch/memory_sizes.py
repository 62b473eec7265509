"""Where the bytes of a `livetorch.models.gpt.GPT` go: formulas, from its settings and its use.

B sequences, T tokens of each, V vocabulary, D width, K features of all keys, F hidden features,
H heads, L layers. What is counted are the tensors that a training step or a cache keeps; passing
temporaries, and what an allocator rounds up, come on top.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from livetorch.models.gpt import GPTSettings

PARAMETER_BYTES = {"float32": 4, "bfloat16": 2}
"""of a parameter that is trained; its gradient has as many"""
COMPUTED_BYTES = {"float32": 4, "bfloat16": 2, "int8": 2, "int4": 2}
"""of a number that is computed; weights in fewer bits are made 16-bit numbers to compute with"""
STATE_BYTES = {"sgd": 0, "momentum": 4, "adam": 8}
"""of optimizer state a parameter, in float32"""
COPY_BYTES = {"float32": 0, "bfloat16": 4}
"""of the float32 copy of a parameter that an optimizer updates where the parameter is shorter"""
GROUP = 32
"""weights of 4 bits that share a scale; weights of 8 bits share one by the row"""
SCALE_BYTES = 2
KEPT_BY_NETWORK = {"relu": 1, "relu^2": 2, "gelu": 2, "gelu tanh": 2, "swiglu": 4}
"""numbers that the backward pass of the small network keeps, in F"""
LLAMA_2_7B = GPTSettings.llama(
    32_000,
    context_length=4096,
    num_layers=32,
    num_heads=32,
    num_key_heads=32,
    width=4096,
    hidden_features=11_008,
)
"""a model of the size that people train on many processes; Touvron et al., 2023"""


@dataclass(frozen=True)
class MemoryUse:
    """What decides on the bytes, beside the settings of the model. Sizes are those of a process."""

    training: bool = True
    """else text is written: one token after another, with a cache of those before"""
    batch_size: int = 1
    """B: sequences at once"""
    num_tokens: int = 128
    """T: tokens of each sequence"""
    precision: str = "float32"
    """or ``bfloat16``; to write, ``int8`` (rows) or ``int4`` (groups of 32) for the weights, too"""
    optimizer: str = "adam"
    """``sgd``, ``momentum`` or ``adam``"""
    checkpointing: bool = False
    """keep each block's input alone, and compute the rest again on the way back"""
    attention: str = "blocks"
    """``blocks``, or ``table``: keep all weights (H, T, T)"""
    num_processes: int = 1
    sharding: int = 0
    """what processes divide (ZeRO): 1 optimizer state, 2 gradients as well, 3 parameters as well"""


@dataclass(frozen=True)
class MemorySizes:
    """Bytes on each process."""

    parameters: int
    gradients: int
    optimizer: int
    activations: int
    cache: int

    @property
    def total(self) -> int:
        return sum(asdict(self).values())


def memory_sizes(settings: GPTSettings, use: MemoryUse) -> MemorySizes:
    """The bytes of a model in use.

    Raises:
        ValueError: the settings are of no model, or the use of none of these kinds, in words.

    Sources: Rajbhandari et al., 2020 (ZeRO), for what training keeps of each parameter and for its
    stages; the activations are those that autograd saves, see `activation_bytes`.
    """
    _check(settings, use)
    if not use.training:
        return MemorySizes(
            parameters=_shared(stored_bytes(settings, use.precision), use, 3),
            gradients=0,
            optimizer=0,
            activations=_writing_bytes(settings, use),
            cache=cache_bytes(settings, use),
        )
    count, short = parameter_count(settings), PARAMETER_BYTES[use.precision]
    state = STATE_BYTES[use.optimizer] + COPY_BYTES[use.precision]
    return MemorySizes(
        parameters=_shared(count * short, use, 3),
        gradients=_shared(count * short, use, 2),
        optimizer=_shared(count * state, use, 1),
        activations=activation_bytes(settings, use),
        cache=0,
    )


def _shared(size: int, use: MemoryUse, stage: int) -> int:
    """A process's share of what is divided from a stage on."""
    return -(-size // use.num_processes) if use.sharding >= stage else size


def weight_shapes(settings: GPTSettings) -> list[tuple[int, int, int]]:
    """The model's matrices: how many, with how many rows and columns."""
    s, hidden, keys = settings, _hidden(settings), _key_features(settings)
    gates = 2 if s.activation == "swiglu" else 1
    return [
        (1 if s.tied else 2, s.vocabulary_size, s.width),  # embedding, last layer
        (s.positions == "learned", s.context_length, s.width),
        (2 * s.num_layers, s.width, s.width),  # query, out
        (2 * s.num_layers, keys, s.width),  # key, value
        (gates * s.num_layers, hidden, s.width),  # up, gate
        (s.num_layers, s.width, hidden),  # down
    ]


def vector_count(settings: GPTSettings) -> int:
    """Parameters that stand in no matrix: biases, and what norms multiply by and add."""
    s, hidden, keys = settings, _hidden(settings), _key_features(settings)
    gates = 2 if s.activation == "swiglu" else 1
    norms = (2 * s.num_layers + 1) * s.width
    if s.norm == "layer" and s.bias:
        norms *= 2
    return norms + s.bias * s.num_layers * (3 * s.width + 2 * keys + gates * hidden)


def parameter_count(settings: GPTSettings) -> int:
    """As many as ``GPT(settings)`` has."""
    matrices = sum(many * rows * columns for many, rows, columns in weight_shapes(settings))
    return matrices + vector_count(settings)


def stored_bytes(settings: GPTSettings, precision: str) -> int:
    """Of all parameters; in fewer bits the matrices with their scales, and vectors in 16 bits."""
    if precision in PARAMETER_BYTES:
        return parameter_count(settings) * PARAMETER_BYTES[precision]
    size = 2 * vector_count(settings)
    for many, rows, columns in weight_shapes(settings):
        if precision == "int8":
            row = columns + SCALE_BYTES
        else:
            row = -(-columns // 2) + SCALE_BYTES * -(-columns // GROUP)
        size += many * rows * row
    return size


def block_bytes(settings: GPTSettings, use: MemoryUse) -> int:
    """What a block keeps of each token for the backward pass."""
    s, size = settings, COMPUTED_BYTES[use.precision]
    keys, key_heads = _key_features(s), s.num_key_heads or s.num_heads
    kept = 2 * _norm_bytes(s, size)
    if s.normalize:  # queries and keys before it, in float32, and their root mean squares
        kept += 4 * (s.width + keys + s.num_heads + key_heads)
    if use.attention == "table":
        # In float32, and the keys and values copied for each head. The output is copied, too.
        kept += 4 * (3 * s.width + s.num_heads * use.num_tokens) + size * s.width
    else:
        # Queries, keys, values, output, and for each head what its weights were divided by.
        copied = s.normalize or s.positions == "rotary"  # heads side by side for the last layer
        kept += size * (2 * s.width + 2 * keys + copied * s.width) + 4 * s.num_heads
    return kept + size * KEPT_BY_NETWORK[s.activation] * _hidden(s)


def end_bytes(settings: GPTSettings, use: MemoryUse) -> int:
    """What is kept of each token outside of the blocks: token, last norm, log-probabilities."""
    size = COMPUTED_BYTES[use.precision]
    return 8 + _norm_bytes(settings, size) + size * settings.vocabulary_size


def activation_bytes(settings: GPTSettings, use: MemoryUse) -> int:
    """What autograd saves of a training step's forward pass and loss, beside the parameters.

    With checkpointing: each block's input, and what one block at a time keeps on the way back.
    """
    blocks = settings.num_layers * block_bytes(settings, use)
    if use.checkpointing:
        inputs = settings.num_layers * COMPUTED_BYTES[use.precision] * settings.width
        blocks = inputs + block_bytes(settings, use)
    return use.batch_size * use.num_tokens * (blocks + end_bytes(settings, use))


def cache_bytes(settings: GPTSettings, use: MemoryUse) -> int:
    """Keys and values of T tokens in B sequences and L layers."""
    token = 2 * settings.num_layers * _key_features(settings) * COMPUTED_BYTES[use.precision]
    return use.batch_size * use.num_tokens * token


def _writing_bytes(settings: GPTSettings, use: MemoryUse) -> int:
    """At most, of one new token of each sequence: in the widest block, and its scores."""
    s = settings
    numbers = 2 * s.width + (3 if s.activation == "swiglu" else 2) * _hidden(s) + s.vocabulary_size
    if use.attention == "table":
        numbers += 2 * s.num_heads * use.num_tokens
    return use.batch_size * COMPUTED_BYTES[use.precision] * numbers


def _norm_bytes(settings: GPTSettings, size: int) -> int:
    """What a norm and the layers behind it keep of a token."""
    if settings.norm == "layer":  # input, mean and deviation; output
        return size * (settings.width + 2) + size * settings.width
    # In float32 input, quotient and root mean square; output
    return 4 * (2 * settings.width + 1) + size * settings.width


def _hidden(settings: GPTSettings) -> int:
    return settings.hidden_features or 4 * settings.width


def _key_features(settings: GPTSettings) -> int:
    heads = settings.num_key_heads or settings.num_heads
    return settings.width // settings.num_heads * heads


def _check(settings: GPTSettings, use: MemoryUse) -> None:
    """Refuse what no model has, in the words of the page's module."""
    s = settings
    sizes = [s.vocabulary_size, s.context_length, s.num_layers, s.width, _hidden(s), s.num_heads]
    sizes += [s.num_key_heads or s.num_heads, use.batch_size, use.num_tokens, use.num_processes]
    if not all(isinstance(size, int) and size >= 1 for size in sizes):
        raise ValueError("Sizes are whole numbers from 1 on.")
    if s.width % s.num_heads:
        raise ValueError(f"{s.num_heads} heads do not divide a width of {s.width}.")
    if s.num_heads % (s.num_key_heads or s.num_heads):
        raise ValueError(f"{s.num_key_heads} heads of keys do not divide {s.num_heads} of queries.")
    if use.num_tokens > s.context_length:
        raise ValueError(
            f"{use.num_tokens} tokens are more than the context of {s.context_length}."
        )
    if use.training and use.precision not in PARAMETER_BYTES:
        raise ValueError(f"Weights in {use.precision} are not trained: they are rounded too much.")
    for name, value, known in (
        ("precision", use.precision, COMPUTED_BYTES),
        ("optimizer", use.optimizer, STATE_BYTES),
        ("attention", use.attention, ("blocks", "table")),
        ("sharding", use.sharding, (0, 1, 2, 3)),
        ("activation", s.activation, KEPT_BY_NETWORK),
        ("norm", s.norm, ("layer", "rms")),
        ("positions", s.positions, ("learned", "rotary")),
    ):
        if value not in known:
            raise ValueError(f"{name} must be one of {', '.join(map(str, known))}, got {value!r}")
