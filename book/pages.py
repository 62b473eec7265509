"""The Sphinx extension of the book: what makes pages of notebooks and keeps them light."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from book.cells import CellTransform
from book.finish import SCRIPT, SEARCH_SCRIPTS, STYLE, finish_pages
from book.gallery import ChapterFigure
from book.glossary import PAGE as GLOSSARY
from book.glossary import GlossaryLinks
from book.launch import repository
from book.live import LOST, MODELS, SOURCES
from book.notebooks import ROOT, notebook_paths, pages
from book.publish import publish
from book.quiz import QuizDirective
from book.stamp import StampTransform
from book.vendor import (
    VendorError,
    make_static_files,
    node_modules,
    start_renderer_patiently,
    use_node_binary,
)


def lighten(
    _app: Sphinx, pagename: str, _template: str, context: dict[str, Any], _doctree: Any
) -> None:
    """Replace the list of every extension's files by the two that a page needs."""
    search = SEARCH_SCRIPTS if pagename == "search" else ()
    context["css_files"] = [f"_static/{STYLE}"]
    context["script_files"] = [f"_static/{name}" for name in (SCRIPT, *search)]
    project = repository()
    context["repository_url"] = project.url if project else ""


def prepare(app: Sphinx, _config: Any) -> None:
    """Fetch and make the static files before Sphinx looks for them."""
    if app.tags.has("gettext"):
        return
    use_node_binary()
    start_renderer_patiently()
    modules = None
    try:
        modules = node_modules()
    except VendorError as error:
        app.config["livetorch_lost"] = str(error)
    app.config.html_static_path.append(str(make_static_files(modules)))
    app.config["livetorch_build"] = what_pages_are_made_of()


def what_pages_are_made_of() -> str:
    """A hash of the code that makes pages: where it changed, pages that did not are made again."""
    digest = hashlib.sha256()
    files = [path for folder in (ROOT / "book", SOURCES, MODELS) for path in folder.rglob("*")]
    for path in sorted([*files, GLOSSARY]):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(path.read_bytes())
    return digest.hexdigest()


def dark_code(app: Sphinx) -> None:
    """The dark style of code. Furo defines the setting when it loads, too late for a file."""
    app.config["pygments_dark_style"] = "a11y-dark"


def finish(app: Sphinx, error: Exception | None) -> None:
    """Write the notebooks that readers take along, and see that no page is missing."""
    if error is not None or app.builder.format != "html":
        return
    out = Path(app.outdir)
    finish_pages(out)
    publish(notebook_paths(), out / "notebooks", repository())
    missing = [page for page in pages() if not (out / f"{page}.html").exists()]
    if missing:
        raise SystemExit(f"these pages of _toc.yml were not built: {', '.join(missing)}")
    LOST.unlink(missing_ok=True)
    if app.config["livetorch_lost"]:
        LOST.write_text(app.config["livetorch_lost"], encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("quiz", QuizDirective)
    app.add_directive("chapter-figure", ChapterFigure)
    app.add_config_value("livetorch_build", "", "env", str)
    app.add_config_value("livetorch_lost", "", "env", str)
    app.add_transform(CellTransform)
    app.add_transform(StampTransform)
    app.add_post_transform(GlossaryLinks)
    app.connect("config-inited", prepare)
    app.connect("builder-inited", dark_code, priority=100)
    app.connect("html-page-context", lighten, priority=900)
    # After Furo, which writes the dark half of the code style at this event.
    app.connect("build-finished", finish, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
