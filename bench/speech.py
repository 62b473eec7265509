"""What a reader waits for who said a digit to a page, and what of that is the network's time.

The word comes out of a graph of sound in the page in place of a microphone, so that the moment in
which it ends is known. Behind it the page waits for a rest of 0.3 seconds, since a word may pause
before a t; then it cuts the word out, asks the network and shows the answer. The book must have
been built.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import onnxruntime
import torch
from playwright.sync_api import Browser, Page

from bench.live import FAST, HTML, a_browser, fresh_page, version_of
from bench.measure import Row, ratios, row
from bench.slow_server import served
from book.live import FOLDER, MODELS
from livetorch.datasets import load_seventh_voice
from livetorch.datasets.speech import SAMPLE_RATE
from livetorch.signals import resample

LESSON = "chapters/17-speech/2-spoken-digits.html"
GOAL = 0.5
"""seconds from the end of the word to the answer on the screen"""
ANSWERS = 20
WORDS = 5
DEVICE_RATE = 48_000

SPEAK = """([samples, sampleRate]) => {
  navigator.mediaDevices.getUserMedia = async () => {
    const context = new AudioContext({ sampleRate });
    const buffer = context.createBuffer(1, samples.length, sampleRate);
    buffer.getChannelData(0).set(samples);
    const out = context.createMediaStreamDestination();
    const source = new AudioBufferSourceNode(context, { buffer });
    source.onended = () => { window.wordEnded = performance.now(); };
    source.connect(out);
    source.start(context.currentTime + 0.7);
    await context.resume();
    return out.stream;
  };
}"""
WAIT = """() => new Promise((done) => {
  const box = document.querySelector('.live[data-live="say_digit"] .live-box');
  const line = box.querySelector(".live-readout");
  const watch = new MutationObserver(() => {
    watch.disconnect();
    requestAnimationFrame(() => done((performance.now() - window.wordEnded) / 1000));
  });
  watch.observe(line, { childList: true, characterData: true, subtree: true });
  [...box.querySelectorAll("button")].find((b) => b.textContent.includes("microphone")).click();
})"""
ASK = """async ([base, version, count, length]) => {
  const { run } = await import(`${base}runtime.mjs?v=${version}`);
  const data = Float32Array.from({ length }, (_, n) => Math.sin(n / 9) * Math.sin(n / 900));
  const page = { base: new URL(base), version, bytes: 1 };
  for (let i = 0; i < count; i++)
    await run(page, "spoken-digits", { samples: { data, dims: [1, length] } });
}"""


def start(page: Page, address: str) -> None:
    """The lesson's page with its network loaded, which has answered to the first clip."""
    page.goto(f"{address}/{LESSON}?only=say_digit", wait_until="networkidle")
    page.locator('.live[data-live="say_digit"] > .live-button').click()
    page.locator(".live-readout", has_text="It ").first.wait_for(timeout=120_000)


def seconds_after_the_word(page: Page, digit: int) -> float:
    """From the end of a word that the microphone hears to the answer."""
    sound = resample(load_seventh_voice().clip(digit) * 0.6, SAMPLE_RATE, DEVICE_RATE)
    page.evaluate(SPEAK, [sound.tolist(), DEVICE_RATE])
    waited: float = page.evaluate(WAIT)
    return waited


def answer_over_native(page: Page, address: str, runs: int) -> list[float]:
    """Samples to answer in the page, the way to the worker included, over onnxruntime here."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(MODELS / "spoken-digits.onnx", options)
    length = 5_000
    moments = torch.arange(length)
    samples = (torch.sin(moments / 9) * torch.sin(moments / 900))[None].numpy()

    def native() -> None:
        for _ in range(ANSWERS):
            session.run(None, {"samples": samples})

    asked = [f"{address}/_static/live/", version_of(page), ANSWERS, length]
    return ratios(lambda: page.evaluate(ASK, asked), native, runs, clock=time.perf_counter)


def measure(browser: Browser, address: str, runs: int) -> Iterator[Row]:
    with fresh_page(browser) as page:
        start(page, address)
        waits = [
            seconds_after_the_word(page, digit) for digit in (1, 3, 7, 8, 9)[: min(runs, WORDS)]
        ]
        yield row(
            "a spoken digit's answer after its end / 0.5 s", [w / GOAL for w in waits], goal=1
        )
        yield row(
            "one answer, from samples, in the page / onnxruntime native",
            answer_over_native(page, address, runs),
        )


def rows(runs: int) -> Iterator[Row]:
    if not (HTML / LESSON).exists() or not FOLDER.exists():
        raise FileNotFoundError("there is no built book: run make book first")
    with a_browser() as browser, served(HTML, FAST) as address:
        yield from measure(browser, address, runs)
