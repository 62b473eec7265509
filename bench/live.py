"""What a page with a trained model costs its reader, in a real browser.

Bytes and requests before any click, the time from the click to the model's first answer over a line
of 10 Mbit/s, the time of one answer and of one written token, and the longest time that the page
does not react. The book must have been built.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import onnxruntime
import torch
from playwright.sync_api import Browser, Page, Response, sync_playwright

from bench.measure import Row, ratios, row
from bench.slow_server import served
from book.live import FOLDER, MODELS, files_needed
from book.notebooks import BUILD, chapter_paths
from tests.browser import chromium
from tests.browser.weight import DEFAULT_BYTES, DEFAULT_REQUESTS, bytes_of, read_to_the_end

HTML = BUILD / "html"
MEET = "pages/meet-a-trained-model.html"
WRITING = "chapters/13-language-models/3-writing.html"
LINE = 10e6
FAST = 1e12
STALL = 100.0
"""milliseconds; a person notices a page that reacts later"""
ANSWERS = 50


@contextmanager
def a_browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=chromium.FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def fresh_page(browser: Browser) -> Iterator[Page]:
    """A page of a reader who was never here."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    try:
        yield context.new_page()
    finally:
        context.close()


def weight(browser: Browser, address: str) -> tuple[int, int]:
    """Bytes and requests of a page that is opened and read to its end, nothing clicked."""
    with fresh_page(browser) as page:
        responses: list[Response] = []
        page.on("response", lambda response: responses.append(response))
        page.goto(address, wait_until="load")
        read_to_the_end(page)
        return bytes_of(list(responses)), len(responses)


def start_model(page: Page) -> None:
    """From the click to the first answer."""
    page.locator(".live > .live-button").click()
    page.get_by_text("It reads a 3").first.wait_for(timeout=120_000)


def click_over_transfer(browser: Browser, address: str) -> float:
    """The seconds from click to answer over those of moving the same bytes, in one browser."""
    with fresh_page(browser) as page:
        page.goto(f"{address}/{MEET}", wait_until="networkidle")
        start = time.monotonic()
        start_model(page)
        ready = time.monotonic() - start
    with fresh_page(browser) as page:
        page.goto(f"{address}/pages/notation.html", wait_until="networkidle")
        files = [f"{address}/_static/live/{name}" for name in files_needed("runtime digits")]
        start = time.monotonic()
        page.evaluate("files => Promise.all(files.map(async f => (await fetch(f)).blob()))", files)
        return ready / (time.monotonic() - start)


STALLS = """() => { window.stalls = [0];
  new PerformanceObserver(list => window.stalls.push(...list.getEntries().map(e => e.duration)))
    .observe({ type: "longtask" }); }"""


def longest_stall(browser: Browser, address: str) -> float:
    """Milliseconds, from the click until some strokes are drawn; under 50 none is counted."""
    with fresh_page(browser) as page:
        page.goto(f"{address}/{MEET}", wait_until="networkidle")
        page.evaluate(STALLS)
        start_model(page)
        pad = page.locator(".live-pad")
        pad.scroll_into_view_if_needed()
        frame = pad.bounding_box()
        assert frame is not None
        for offset in (0.2, 0.5, 0.8):
            page.mouse.move(frame["x"] + offset * frame["width"], frame["y"] + 20)
            page.mouse.down()
            page.mouse.move(frame["x"] + 140, frame["y"] + 260, steps=40)
            page.mouse.up()
        page.wait_for_timeout(300)
        return float(page.evaluate("Math.max(...window.stalls)"))


def version_of(page: Page) -> str:
    """That of the modules of a page whose model has started."""
    version: str = page.evaluate(
        "performance.getEntriesByType('resource').map(e => e.name)"
        ".find(n => n.includes('runtime.mjs')).split('v=')[1]"
    )
    return version


ASK = """async ([base, version, count]) => {
  const { run } = await import(`${base}runtime.mjs?v=${version}`);
  const image = { data: new Float32Array(64).fill(.3), dims: [1, 1, 8, 8] };
  const page = { base: new URL(base), version, bytes: 1 };
  for (let i = 0; i < count; i++) await run(page, "digits", { image });
}"""


def inference_over_native(browser: Browser, address: str, runs: int) -> list[float]:
    """One answer in the page, the way to the worker and back included, over onnxruntime here."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(MODELS / "digits.onnx", options)
    image = torch.full((1, 1, 8, 8), 0.3).numpy()
    with fresh_page(browser) as page:
        page.goto(f"{address}/{MEET}", wait_until="networkidle")
        start_model(page)
        asked = [f"{address}/_static/live/", version_of(page), ANSWERS]

        def native() -> None:
            for _ in range(ANSWERS):
                session.run(None, {"image": image})

        return ratios(lambda: page.evaluate(ASK, asked), native, runs, clock=time.perf_counter)


WRITE = """async ([base, version, count, dims]) => {
  const { run } = await import(`${base}runtime.mjs?v=${version}`);
  const page = { base: new URL(base), version, bytes: 1 };
  let [keys, values] = [0, 0].map(() => ({ data: new Float32Array(0), dims }));
  for (let i = 0; i < count; i++) {
    const tokens = { data: BigInt64Array.of(BigInt(i)), dims: [1, 1] };
    ({ keys, values } = await run(page, "plays",
      { tokens, past_keys: keys, past_values: values }));
  }
}"""


def writing_over_native(browser: Browser, address: str, runs: int) -> list[float]:
    """Tokens read one by one with a cache in the page, over onnxruntime here."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(MODELS / "plays.onnx", options)
    shape = next(each.shape for each in session.get_inputs() if each.name == "past_keys")
    dims = [0 if isinstance(size, str) else size for size in shape]

    def native() -> None:
        keys = values = torch.zeros(dims).numpy()
        for i in range(ANSWERS):
            given = {"tokens": torch.tensor([[i]]).numpy()}
            _, keys, values = session.run(None, given | {"past_keys": keys, "past_values": values})

    with fresh_page(browser) as page:
        page.goto(f"{address}/{WRITING}", wait_until="networkidle")
        page.locator('.live[data-live="write_tokens"] > .live-button').click()
        page.get_by_text("can be drawn").first.wait_for(timeout=120_000)
        asked = [f"{address}/_static/live/", version_of(page), ANSWERS, dims]
        return ratios(lambda: page.evaluate(WRITE, asked), native, runs, clock=time.perf_counter)


def rows(runs: int) -> Iterator[Row]:
    if not (HTML / MEET).exists() or not FOLDER.exists():
        raise FileNotFoundError("there is no built book: run make book first")
    with a_browser() as browser:
        with served(HTML, FAST) as address:
            pages = [f"{address}/chapters/{path.stem}.html" for path in chapter_paths()]
            weights = [weight(browser, page) for page in pages]
            yield row(
                "bytes of a chapter before a click / Jupyter Book's default page",
                [size / DEFAULT_BYTES for size, _ in weights],
                goal=0.5,
            )
            yield row(
                "requests of a chapter before a click / the default page",
                [many / DEFAULT_REQUESTS for _, many in weights],
                goal=0.5,
            )
            yield row(
                "longest stall with a model / 100 ms",
                [longest_stall(browser, address) / STALL for _ in range(3)],
                goal=1,
            )
            yield row(
                "one answer of the model in the page / onnxruntime native",
                inference_over_native(browser, address, runs),
            )
            yield row(
                "one token of the language model in the page / onnxruntime native",
                writing_over_native(browser, address, runs),
            )
        with served(HTML, LINE) as address:
            yield row(
                "click to answer at 10 Mbit/s / transfer of the bytes",
                [click_over_transfer(browser, address) for _ in range(min(runs, 5))],
                goal=1.5,
            )
