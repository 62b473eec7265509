"""Make the tokenizer that ships: ``python -m data.make_byte_pairs``, three seconds.

512 merges of the eight plays that `load_shakespeare` gives to train on; the play to judge by has
no part in them.
"""

from __future__ import annotations

from livetorch import tokenizers
from livetorch.datasets import load_shakespeare

NUM_MERGES = 512


def main() -> None:
    tokenizers.BytePairs.fit(load_shakespeare()[0], NUM_MERGES).save(tokenizers.SHIPPED)


if __name__ == "__main__":
    main()
