"""The built book: every page, its figures, its links, and what must not be in it."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest
from nbformat import NotebookNode

from book.figures import figure_texts
from book.launch import repository
from book.notebooks import (
    BUILD,
    HIDDEN_TESTS,
    ROOT,
    STUB,
    chapter_paths,
    code_cells,
    is_solution,
    notebook_paths,
    page_of,
    pages,
    read,
    without_region,
)
from book.publish import published
from book.quiz import quiz_ids, quiz_path
from book.runs import executed
from livetorch.live.quiz.quiz import questions_html
from livetorch_labs.assignment.repository import Repository, parse_repository
from livetorch_labs.markdown.references import read_book

HTML = BUILD / "html"
every_page = pytest.mark.parametrize("page", pages())


def text_of(page: str) -> str:
    return (HTML / f"{page}.html").read_text(encoding="utf-8")


def figures(notebook: NotebookNode) -> list[str]:
    """The SVG texts among a notebook's outputs, in order."""
    outputs = [output for cell in code_cells(notebook) for output in cell.outputs]
    return [o.data["image/svg+xml"] for o in outputs if "image/svg+xml" in o.get("data", {})]


def words(svg: str) -> list[str]:
    return [" ".join(text.split()) for text in figure_texts(svg)]


DRAWN = [path for path in notebook_paths() if figures(read(path))]


@pytest.mark.parametrize("path", DRAWN, ids=lambda path: path.stem)
def test_a_figure_says_on_its_page_what_was_drawn(path: Path) -> None:
    page = text_of(page_of(path))
    shown = [words(figure) for figure in re.findall(r"<figure\b.*?</figure>", page, re.DOTALL)]
    drawn = [words(svg) for svg in figures(executed(path)[0])]
    assert drawn
    assert not [texts for texts in drawn if texts not in shown]


def test_every_chapter_has_figures() -> None:
    drawn: dict[str, int] = {}
    for path in chapter_paths():
        drawn[path.parent.name] = drawn.get(path.parent.name, 0) + len(figures(read(path)))
    assert min(drawn.values()) >= 2


@every_page
def test_page_is_there_with_its_figures(page: str) -> None:
    text = text_of(page)
    assert "<article" in text
    source = ROOT / f"{page}.ipynb"
    if source.exists():
        shown = re.findall(r'<figure class="lt-figure".*?aria-label="([^"]{40,})"', text, re.DOTALL)
        assert len(shown) == len(figures(read(source)))
        assert "system-message" not in text
        outputs = [o for cell in code_cells(read(source)) for o in cell.outputs]
        assert text.count('class="cell_output') >= len({id(o) for o in outputs}) / 3
    images = re.findall(r"<img\b[^>]*>", text)
    assert not images or all(re.search(r'alt="[^"]{10,}"', image) for image in images)


@every_page
def test_links_lead_somewhere(page: str) -> None:
    file = HTML / f"{page}.html"
    text = file.read_text(encoding="utf-8")
    links = [html.unescape(link) for link in re.findall(r'<a\b[^>]*?href="([^"]*)"', text)]
    for link in links:
        if re.match(r"(https?|mailto):", link):
            continue
        address, anchor = urldefrag(link)
        target = (file.parent / unquote(address)).resolve() if address else file
        assert target.exists(), f"{page} links to {link}"
        if anchor and target.suffix == ".html":
            ids = re.findall(r'\bid="([^"]+)"', target.read_text(encoding="utf-8"))
            assert unquote(anchor) in ids, f"{page} links to {link}"


@every_page
def test_page_asks_nobody_else_for_anything(page: str) -> None:
    loading = r'<(?:script|link|img|iframe|source|video)\b[^>]*(?:src|href)="([^"]*)"'
    loaded = re.findall(loading, text_of(page))
    foreign = [address for address in loaded if re.match(r"(https?:)?//", address)]
    assert not foreign


HOST = re.compile(r"https?://([\w.-]+)")


def hosts_named_for(page: str) -> set[str]:
    """The hosts that a page's source names, or what else makes up each page."""
    sources = [path for suffix in (".ipynb", ".md") if (path := ROOT / f"{page}{suffix}").exists()]
    sources += [quiz_path(ROOT / page), ROOT / "book" / "launch.py"]
    sources += (ROOT / "book" / "templates").rglob("*.html")
    if page == "pages/bibliography":
        sources.append(ROOT / "references.bib")
    texts = [path.read_text(encoding="utf-8") for path in sources if path.exists()]
    named = set(HOST.findall("\n".join(texts)))
    if "doi = {" in "".join(texts):
        named.add("doi.org")  # whom the style of references asks for a number
    return named


@every_page
def test_links_lead_to_no_host_that_the_source_does_not_name(page: str) -> None:
    """Such as http://optimizer.lr, which a heading with a dot in it once became."""
    links = re.findall(r'<a\b[^>]*?href="([^"]*)"', text_of(page))
    foreign = {host for link in links for host in HOST.findall(link)}
    assert foreign <= hosts_named_for(page)


def test_a_host_that_nobody_names_is_found() -> None:
    assert "optimizer.lr" not in hosts_named_for("chapters/07-optimizers/2-a-training-run")
    assert hosts_named_for("pages/where-next") >= {"docs.pytorch.org"}


def test_style_sheets_ask_nobody_else() -> None:
    for sheet in HTML.glob("_static/**/*.css"):
        addresses = re.findall(r"url\(([^)]*)\)", sheet.read_text(encoding="utf-8"))
        assert not [a for a in addresses if re.match(r"[\"']?(https?:)?//", a)], sheet


def test_no_hidden_test_and_no_marker_is_published() -> None:
    secrets: list[str] = []
    visible = ""
    for path in chapter_paths():
        for cell in code_cells(read(path)):
            hidden = re.findall(
                r"### BEGIN HIDDEN TESTS\n(.*?)\s*### END HIDDEN TESTS", cell.source, re.DOTALL
            )
            secrets += [line.strip() for block in hidden for line in block.splitlines()]
            visible += without_region(cell.source, HIDDEN_TESTS)
    telling = [
        line
        for line in set(secrets)
        if line.startswith("assert") and len(line) > 30 and line not in visible
    ]
    assert len(telling) > 10
    for file in HTML.rglob("*"):
        if file.suffix not in (".html", ".js", ".ipynb", ".txt", ".md", ".json"):
            continue
        if file == HTML / "pages" / "teach.html":
            continue  # it explains the form with an exercise made up for it, markers and all
        text = file.read_text(encoding="utf-8")
        if file.suffix == ".html":
            text = html.unescape(re.sub(r"<[^>]+>", "", text))
        if file.suffix == ".ipynb":
            text = "\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"])
        leaked = [line for line in telling if line in text]
        assert not leaked, f"{file.relative_to(HTML)} shows {leaked[0]}"
        assert (
            not re.search(r"### (BEGIN|END) (HIDDEN TESTS|SOLUTION)", text)
            or file.suffix == ".ipynb"
        )


@pytest.mark.parametrize("path", chapter_paths(), ids=lambda path: path.stem)
def test_exercises_are_stubs_with_closed_solutions(path: Path) -> None:
    text = text_of(page_of(path))
    cells = [cell for cell in code_cells(read(path)) if is_solution(cell.metadata)]
    assert text.count('<details class="lt-solution">') == len(cells)
    assert '<details class="lt-solution" open' not in text
    plain = html.unescape(re.sub(r"<[^>]+>", "", text))
    regions = sum(cell.source.count("### BEGIN SOLUTION") for cell in cells)
    assert plain.count(STUB.splitlines()[0]) == regions >= len(cells)


def marks(text: str) -> list[str]:
    """The skeleton of a quiz: its questions and choices, and which of them are right."""
    tags = r'<(?:div|details|p)\b[^>]*(?:class="lt-|data-live="quiz")[^>]*>'
    return [tag for tag in re.findall(tags, text) if 'class="lt-' in tag]


@pytest.mark.parametrize("path", chapter_paths(), ids=lambda path: path.stem)
def test_a_quiz_stands_on_its_page_as_in_the_notebook(path: Path) -> None:
    text = text_of(page_of(path))
    assert text.count('<div class="live" data-live="quiz"') == 1
    assert "data-quiz=" not in text, "the line that the notebook's cell leaves"
    still = text[text.index('<div class="live" data-live="quiz"') :]
    still = still[: still.index("</section>")]
    assert still.count('<div class="live-still">') == 1
    known = marks(questions_html(quiz_path(path)))
    assert [mark for mark in marks(still) if mark in set(known)] == known
    inside = still.index('<div class="live-still">') < still.index('class="lt-question"')
    assert inside, "the questions are what stands without scripts"
    # The cell and its output were opened before, and nothing else.
    assert still.count("</div>") - still.count("<div") == 2


def test_every_page_knows_the_questions_of_every_chapter() -> None:
    script = (HTML / "_static" / "book.js").read_text(encoding="utf-8")
    assert json.dumps(quiz_ids(), separators=(",", ":")) in script
    assert 'QUIZ_IDS"' not in script
    assert not re.search("^import ", script, re.MULTILINE), "no script of a page may import"
    assert 'const PROGRESS_KEY = "livetorch-progress"' in script


@pytest.mark.parametrize("path", notebook_paths(), ids=lambda path: path.stem)
def test_stamp_and_download(path: Path) -> None:
    text, stamp = text_of(page_of(path)), read(path).metadata["livetorch"]
    for fact in (f"torch {stamp['torch']}", stamp["date"], f"seed {stamp['seed']}"):
        assert fact in text
    assert re.search(r"run in \d+ s on one thread", text)
    copy = read(HTML / "notebooks" / path.name)
    assert len(copy.cells) >= len(read(path).cells)


def test_links_to_the_project_appear_only_where_it_is_known() -> None:
    addresses = (
        "https://github.com/someone/book",
        "https://github.com/someone/book.git",
        "git@github.com:someone/book.git",
        "ssh://git@github.com/someone/book",
    )
    for address in addresses:
        assert parse_repository(address) == Repository("someone", "book")
    for address in (
        "",
        "/srv/git/book",
        "https://example.org/someone/book",
        "https://github.com/x",
    ):
        assert parse_repository(address) is None
    if repository() is None:
        built = "".join(text_of(page) for page in pages())
        assert not re.search(r'href="https://(colab|mybinder|github\.com/[^"]*/edit)', built)
    links = dict(Repository("someone", "book").links("chapters/01-tensors/1-first-shapes"))
    assert links["Colab"].endswith("/someone/book/blob/gh-pages/notebooks/1-first-shapes.ipynb")
    place = "/someone/book/edit/main/chapters/01-tensors/1-first-shapes.ipynb"
    assert links["Edit"] == f"https://github.com{place}"
    assert "labpath" in links["Binder"] or "lab/tree/chapters" in links["Binder"]


def test_a_downloaded_notebook_installs_the_package_only_where_it_lacks() -> None:
    path = chapter_paths()[0]
    notebook, page, book = read(path), page_of(path), read_book(ROOT)
    known = published(notebook, page, book, Repository("someone", "book"))
    first = code_cells(known)[0].source
    assert 'if find_spec("livetorch") is None:' in first
    assert "livetorch @ git+https://github.com/someone/book" in first
    nowhere = published(notebook, page, book, None)
    assert code_cells(nowhere)[0].source == code_cells(notebook)[0].source
