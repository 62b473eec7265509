"""The Sphinx extension of the book: what makes pages of notebooks and keeps them light."""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import Any

import pybtex.plugin
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from book.bundles import SEARCH_SCRIPTS, make_bundles
from book.cells import CellTransform
from book.changes import changed_pages, empty_folders, remember
from book.gallery import ChapterFigure
from book.glossary import GlossaryLinks
from book.gpu import GpuPage
from book.launch import repository
from book.live import LOST
from book.notebooks import ROOT, notebook_paths, pages
from book.page_colors import theme_options
from book.publish import publish
from book.quiz import QuizDirective
from book.renderer import start_before_forks, use_renderer
from book.stamp import StampTransform
from book.theme import BookTranslator, OneNameEach, mended
from book.vendor import VendorError, make_static_files, node_modules
from book.ways import BookMap, ChapterLessons, LessonTable


@functools.cache
def bundles(app: Sphinx) -> tuple[str, str]:
    """The addresses of the style sheet and the script of all pages, made before the first page.

    Sphinx has no event between its copying of static files and its first page.
    """
    return make_bundles(Path(app.outdir) / "_static")


def prepare_page(
    app: Sphinx, pagename: str, _template: str, context: dict[str, Any], _doctree: Any
) -> None:
    """What the templates are given: the two files that a page loads, and what mends its body."""
    style, script = bundles(app)
    search = [f"_static/{name}" for name in SEARCH_SCRIPTS] if pagename == "search" else []
    context["css_files"] = [style]
    context["script_files"] = [script, *search]
    project = repository()
    context["repository_url"] = project.url if project else ""
    contents = not context["furo_hide_toc"]
    context["mended"] = functools.partial(mended, page=pagename, contents=contents)


def prepare(app: Sphinx, _config: Any) -> None:
    """Set the theme's colors, fetch and make the static files before Sphinx looks for them."""
    if app.tags.has("gettext"):
        return
    use_renderer()
    app.config.html_theme_options |= theme_options()
    modules = None
    try:
        modules = node_modules()
    except VendorError as error:
        app.config["livetorch_lost"] = str(error)
    app.config.html_static_path.append(str(make_static_files(modules).relative_to(ROOT)))
    empty_folders(app)


def dark_code(app: Sphinx) -> None:
    """The dark style of code. Furo defines the setting when it loads, too late for a file."""
    app.config["pygments_dark_style"] = "a11y-dark"


def finish(app: Sphinx, error: Exception | None) -> None:
    """Write the notebooks that readers take along, and see that no page is missing."""
    if error is not None or app.builder.format != "html":
        return
    out = Path(app.outdir)
    publish(notebook_paths(), out / "notebooks", repository())
    missing = [page for page in pages() if not (out / f"{page}.html").exists()]
    if missing:
        raise SystemExit(f"these pages of _toc.yml were not built: {', '.join(missing)}")
    LOST.unlink(missing_ok=True)
    if app.config["livetorch_lost"]:
        LOST.write_text(app.config["livetorch_lost"], encoding="utf-8")


SILENT = ("sphinx_multitoc_numbering", "sphinx_jupyterbook_latex")
"""Extensions that do not say whether several processes may read pages. They may: the first numbers
chapters once all of them are read, and the second changes one text at a time."""


def share_out(app: Sphinx, _config: Any) -> None:
    """Let two processes read pages, and later write them."""
    app.parallel = max(app.parallel, min(2, os.cpu_count() or 1))
    for name in SILENT:
        app.extensions[name].parallel_read_safe = True


def write_beside(_app: Sphinx, _env: BuildEnvironment) -> None:
    """Start what processes that write share, before they are made."""
    start_before_forks()


def look_up_once() -> None:
    """Let pybtex remember its plugins: it reads every installed package for each citation."""
    pybtex.plugin._load_entry_point = functools.cache(pybtex.plugin._load_entry_point)


def setup(app: Sphinx) -> dict[str, Any]:
    look_up_once()
    app.add_directive("quiz", QuizDirective)
    app.add_directive("chapter-figure", ChapterFigure)
    app.add_directive("lessons", ChapterLessons)
    app.add_directive("way", BookMap)
    app.add_directive("lesson-table", LessonTable)
    app.add_directive("gpu", GpuPage)
    app.add_config_value("livetorch_lost", "", "", str)
    app.add_transform(CellTransform)
    app.add_transform(StampTransform)
    app.add_post_transform(GlossaryLinks)
    app.add_post_transform(OneNameEach)
    app.set_translator("html", BookTranslator)
    app.connect("config-inited", prepare)
    app.connect("config-inited", share_out)
    app.connect("builder-inited", dark_code, priority=100)
    app.connect("env-get-outdated", changed_pages)
    app.connect("env-updated", remember)
    app.connect("env-updated", write_beside)
    app.connect("html-page-context", prepare_page, priority=900)  # after Furo
    app.connect("build-finished", finish)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
