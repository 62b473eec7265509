"""What becomes of a notebook's cells on a page: figures inline, exercises, and no hidden test."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

from book.figures import figure_html
from book.live import live_html
from book.notebooks import (
    HIDDEN_TESTS,
    SOLUTION,
    STUB,
    is_solution,
    is_test,
    without_markers,
    without_region,
)
from book.quiz import raw, replace_quizzes

logger = logging.getLogger(__name__)


class CellTransform(SphinxTransform):
    """Rewrites the code cells of a page once it is parsed."""

    default_priority = 400
    count = 0
    """how many figures the page has so far"""

    def apply(self, **_: Any) -> None:
        if self.app.builder.format != "html":
            return
        cells = [
            n for n in self.document.findall(nodes.container) if n.get("nb_element") == "cell_code"
        ]
        for cell in cells:
            metadata = cell.get("cell_metadata", {})
            for block in list(cell.findall(nodes.literal_block)):
                if "cell_input" in block.parent.get("classes", []):
                    self.source(block, metadata)
            for container in list(cell.findall(nodes.container)):
                if container.get("nb_element") == "mime_bundle":
                    self.one_picture(container)
            for image in list(cell.findall(nodes.image)):
                self.count += 1
                self.figure(image)
        replace_quizzes(self.document)
        for number, node in enumerate(list(self.document.findall(nodes.raw))):
            if '<div class="live" ' in node.astext():
                node.replace_self(raw(live_html(node.astext(), f"l{number}")))

    def source(self, block: nodes.literal_block, metadata: dict[str, Any]) -> None:
        """Show an exercise as the stub with a closed solution, and a test without its secrets."""
        code = block.astext()
        language = block.get("language", "ipython3")

        def shown(text: str) -> nodes.literal_block:
            return nodes.literal_block(text, text, language=language, classes=block["classes"])

        if is_solution(metadata):
            stub = without_region(code, SOLUTION, STUB)
            block.replace_self(
                [
                    shown(stub),
                    raw('<details class="lt-solution"><summary>Solution</summary>'),
                    shown(without_markers(code)),
                    raw("</details>"),
                ]
            )
        elif is_test(metadata):
            points = metadata["nbgrader"].get("points", 0)
            unit = "point" if points == 1 else "points"
            summary = f"Checks ({html.escape(str(points))} {unit})"
            block.replace_self(
                [
                    raw(f'<details class="lt-checks"><summary>{summary}</summary>'),
                    shown(without_region(code, HIDDEN_TESTS)),
                    raw("</details>"),
                ]
            )
        elif "fold" in metadata.get("livetorch", {}):
            summary = html.escape(metadata["livetorch"]["fold"])
            opened = f'<details class="lt-checks"><summary>{summary}</summary>'
            block.replace_self([raw(opened), shown(code), raw("</details>")])

    def one_picture(self, bundle: nodes.container) -> None:
        """Keep the SVG of an output that has a PNG too, which is for viewers without SVG."""
        forms = {form["mime_type"]: form for form in bundle.children}
        if "image/svg+xml" in forms and "image/png" in forms:
            bundle.remove(forms["image/png"])

    def figure(self, image: nodes.image) -> None:
        """Put an SVG figure into the page itself, in the theme's colors."""
        path = Path(self.app.outdir) / image["uri"]
        if not path.exists():
            path = Path(self.app.srcdir) / image["uri"].lstrip("/")
        if path.suffix != ".svg":
            logger.warning(
                "%s: figures are drawn as SVG: call use_style() first", image["uri"], location=image
            )
            return
        svg, alt = path.read_text(encoding="utf-8"), image.get("alt", "")
        try:
            figure = figure_html(svg, alt, f"f{self.count}")
        except ValueError as error:
            logger.warning("figure: %s", error, location=image)
            return
        image.replace_self(raw(figure))
