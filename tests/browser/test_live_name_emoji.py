"""Name a picture in the page: the device's emoji, a drawing and files, named as the model does."""

from __future__ import annotations

import base64
import io
import json
import re
from typing import Any

import numpy as np
import onnxruntime
import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, FilePayload, Locator, expect

from tests.browser.visit import NARROW, Visit, looks, opened
from tests.browser.widget import press_start, stays_inside, violations

PAGE, MODULE = "chapters/15-images/3-when-to-trust-it.html", "name_emoji"
HOLDER = f'.live[data-live="{MODULE}"]'

# In place of a device that has pictures of emoji: a sign becomes a picture of two colors, whatever
# the pen's color is. A sign of KNOWN alone has one.
PICTURES = """
(known) => {
  const plain = CanvasRenderingContext2D.prototype.fillText;
  CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
    if (!known.includes(text)) return plain.call(this, text, x, y);
    this.save();
    this.fillStyle = "#dd2200";
    this.beginPath();
    this.arc(x, y, 80, 0, 7);
    this.fill();
    this.fillStyle = "#118811";
    this.fillRect(x - 10, y - 95, 20, 40);
    this.restore();
  };
}
"""


def started(visit: Visit, *, tap: bool = False) -> Locator:
    """Press the button, and wait until the network has answered."""
    box = press_start(visit, MODULE, tap=tap)
    expect(box.locator(".live-readout").first).to_contain_text(re.compile("answers|unsure"))
    return box


class Model:
    """The exported model, run by onnxruntime on this side."""

    def __init__(self, visit: Visit, site: str) -> None:
        model = visit.page.request.get(f"{site}/_static/live/models/emoji.onnx")
        self.session = onnxruntime.InferenceSession(model.body())
        text = visit.page.locator(f"{HOLDER} script").first.text_content()
        self.options: dict[str, Any] = json.loads(text or "")

    def says(self, small: np.ndarray) -> str:
        """How the widget must begin, made of this side's numbers."""
        pictures = small.transpose(2, 0, 1)[None].astype(np.float32)
        belief = self.session.run(["probabilities"], {"pictures": pictures})[0][0]
        first, second = (-belief).argsort()[:2].tolist()

        def share(k: int) -> str:
            if belief[k] > 0.995:
                return "> 99"
            return "< 1" if belief[k] < 0.005 else f"{int(100 * belief[k] + 0.5)}"

        likely, other = (f"{self.options['kinds'][k]} ({share(k)} %)" for k in (first, second))
        sure = belief[first] >= self.options["unsureBelow"]
        return f"It answers: {likely}." if sure else f"It is unsure: {likely} or {other}?"


def small(box: Locator) -> np.ndarray:
    """What the network gets, (64, 64, 3)."""
    pixels: list[int] = box.locator(".live-seen").evaluate(
        "c => [...c.getContext('2d').getImageData(0, 0, 64, 64).data]"
    )
    return np.array(pixels, dtype=np.uint8).reshape(64, 64, 4)[:, :, :3]


def in_file(picture: Image.Image, name: str = "a.png", **settings: Any) -> FilePayload:
    """A picture as a file to choose."""
    file = io.BytesIO()
    form = {"png": "PNG", "jpg": "JPEG", "webp": "WEBP", "gif": "GIF"}[name.split(".")[1]]
    picture.save(file, form, **settings)
    return FilePayload(name=name, mimeType="image/png", buffer=file.getvalue())


def tomato(size: tuple[int, int], mode: str = "RGB") -> Image.Image:
    """Drawn for this test: it is in no set."""
    width, height = size
    papers: dict[str, Any] = {"RGB": "white", "RGBA": (0, 0, 0, 0), "L": 255}
    paper = Image.new(mode, size, papers[mode])
    draw = ImageDraw.Draw(paper)
    red, green = ("#e02b20", "#2e8b37") if mode != "L" else (90, 120)
    draw.ellipse((0.1 * width, 0.2 * height, 0.9 * width, 0.95 * height), fill=red)
    draw.ellipse((0.35 * width, 0.1 * height, 0.65 * width, 0.3 * height), fill=green)
    return paper


def words_of(box: Locator) -> Locator:
    return box.locator(".live-readout").first


def test_it_names_what_the_model_names(browser: Browser, site: str) -> None:
    with opened(browser, f"{site}/{PAGE}", only=MODULE) as visit:
        model = Model(visit, site)
        sign, drawn, kind = model.options["signs"][1]
        visit.page.evaluate(PICTURES, [model.options["signs"][0][0], sign])
        box = started(visit)
        words = words_of(box)
        start = model.options["start"]
        first = small(box)
        assert first.tobytes() == base64.b64decode(start["picture"]), "it is what the lesson gave"
        expect(words).to_have_text(re.compile(f"^{re.escape(model.says(first))} (Right|Wrong): "))
        undo = box.get_by_role("button", name="Undo")
        expect(undo).to_be_disabled()

        box.locator(".live-signs").get_by_role("button", name=drawn, exact=True).click()
        expect(words).to_contain_text(f": {drawn}, {kind}.")
        picture = small(box)
        expect(words).to_contain_text(model.says(picture))
        ink = np.argwhere((picture < 240).any(axis=2))
        assert abs(int(ink[:, 0].min()) - (63 - int(ink[:, 0].max()))) <= 1, "it is in the middle"
        assert 58 <= np.ptp(ink[:, 0]) + 1 <= 62, "and fills the paper as the sets do"

        box.get_by_role("radio", name="blue").check()
        pad = box.locator(".live-easel")
        pad.scroll_into_view_if_needed()
        frame = pad.bounding_box()
        assert frame is not None
        mouse = visit.page.mouse
        mouse.move(frame["x"] + 40, frame["y"] + 40)
        mouse.down()
        mouse.move(frame["x"] + 200, frame["y"] + 200, steps=6)
        mouse.up()
        assert (small(box) != picture).any()
        expect(words).to_contain_text(model.says(small(box)))
        undo.click()
        assert (small(box) == picture).all()
        box.get_by_role("button", name="Empty").click()
        expect(words).to_contain_text("The paper is empty")
        assert small(box).min() == 255
        for _ in (1, 2):
            undo.click()
        expect(words).to_contain_text(f": {start['name']}, ")
        assert (small(box) == first).all()
        expect(undo).to_be_disabled()

        box.get_by_role("button", name="Ask about all").click()
        total = box.locator(".live-readout").last
        expect(total).to_contain_text(re.compile(r"is right in \d of [12]: 0?1?\.\d\d ± "))
        expect(total).to_contain_text("no picture in color for")
        assert (small(box) == first).all(), "the paper is as it was"
        assert not visit.errors
        assert all(r.url.startswith((site, "blob:", "data:")) for r in visit.responses)


def test_a_device_without_a_picture_says_so(browser: Browser, site: str) -> None:
    with opened(browser, f"{site}/{PAGE}", only=MODULE) as visit:
        # Each sign becomes the box that stands for what a font lacks.
        visit.page.evaluate(
            "() => { CanvasRenderingContext2D.prototype.fillText = "
            "function (text, x, y) { this.fillRect(x - 40, y - 40, 80, 80); } }"
        )
        box = started(visit)
        before = small(box)
        pick = box.locator(".live-signs button").first
        name = pick.get_attribute("aria-label")
        pick.click()
        expect(box.get_by_role("alert")).to_have_text(
            f"This device has no picture in color for {name}."
        )
        assert (small(box) == before).all()
        assert not visit.errors


def test_files_of_all_kinds(browser: Browser, site: str) -> None:
    with opened(browser, f"{site}/{PAGE}", only=MODULE) as visit:
        box = started(visit)
        model, words, alert = Model(visit, site), words_of(box), box.locator(".live-trouble")
        chooser, note = box.locator("input[type=file]"), box.locator(".live-note")
        chooser.set_input_files([in_file(tomato((300, 300)))])
        expect(note).to_have_text("a.png: 300 × 300 pixels, made 64 × 64.")
        plain = small(box)
        expect(words).to_have_text(model.says(plain))

        chooser.set_input_files([in_file(tomato((300, 300), "RGBA"), "clear.png")])
        expect(note).to_contain_text("White is behind what is transparent.")
        assert np.abs(small(box).astype(int) - plain).max() < 40
        assert (small(box)[:3, :3] == 255).all()
        chooser.set_input_files([in_file(tomato((300, 300), "L"), "grey.jpg")])
        expect(note).to_contain_text("It has no colors")
        expect(words).to_have_text(model.says(small(box)))
        chooser.set_input_files([in_file(tomato((2400, 600)), "wide.webp")])
        expect(note).to_have_text(
            "wide.webp: 2,400 × 600 pixels, made 64 × 64. White fills the square."
        )
        assert (small(box)[:23] == 255).all(), "white above"
        assert (small(box)[-23:] == 255).all(), "and below"
        last = small(box)

        small_file = in_file(tomato((20, 20)))["buffer"]
        huge = small_file[:16] + (60_000).to_bytes(4, "big") * 2 + small_file[24:]
        for name, content, sentence in (
            ("text.png", b"This is no picture.", "text.png is no picture that this browser can"),
            ("half.jpg", in_file(tomato((90, 90)), "h.jpg")["buffer"][:60], "half.jpg is no pict"),
            ("nil.png", b"", "nil.png is empty."),
            ("huge.png", huge, "huge.png is 60,000 × 60,000 pixels large, and at most 40 million"),
            ("film.gif", bytes(21_000_000), "film.gif has 21 MB, and at most 20 are read here."),
        ):
            file = FilePayload(name=name, mimeType="image/png", buffer=content)
            chooser.set_input_files([file])
            expect(alert).to_contain_text(sentence)
            assert (small(box) == last).all(), f"{name}: the last picture is gone"
            expect(note).to_contain_text("wide.webp")
        chooser.set_input_files([in_file(tomato((50, 50)), "b.gif")])
        expect(alert).to_have_text("")
        expect(note).to_contain_text("b.gif: 50 × 50 pixels")
        assert not [text for text in visit.errors if "picture" not in text]


@looks
def test_keys_alone_are_enough_and_it_is_accessible(
    browser: Browser, site: str, axe: str, scheme: str, size: tuple[int, int]
) -> None:
    with opened(browser, f"{site}/{PAGE}", scheme, size, only=MODULE) as visit:
        box, keys = started(visit), visit.page.keyboard
        assert stays_inside(visit, box)
        assert not violations(visit, MODULE, axe)
        box.get_by_role("button", name="Empty").focus()
        keys.press("Enter")
        expect(words_of(box)).to_contain_text("The paper is empty")
        box.locator(".live-easel").focus()
        keys.press("Space")
        for key in ("ArrowLeft", "ArrowUp", "ArrowUp"):
            keys.press(key)
        keys.press("Space")
        keys.press("ArrowUp")
        ink = np.argwhere((small(box) < 100).all(axis=2))
        assert len(ink) > 10
        assert ink[:, 0].max() <= 35
        assert ink[:, 0].min() >= 24
        expect(box.get_by_role("status")).to_contain_text(re.compile("answers|unsure"))
        assert not violations(visit, MODULE, axe)
        assert not visit.errors


def test_a_finger_draws(browser: Browser, site: str) -> None:
    with opened(browser, f"{site}/{PAGE}", size=NARROW, touch=True, only=MODULE) as visit:
        page, box = visit.page, started(visit, tap=True)
        pad = box.locator(".live-easel")
        pad.scroll_into_view_if_needed()
        frame = pad.bounding_box()
        assert frame is not None
        before, scrolled = small(box), page.evaluate("scrollY")
        session = page.context.new_cdp_session(page)
        for i in range(8):
            at = [{"x": frame["x"] + 30, "y": frame["y"] + 20 + 20 * i}]
            kind = "touchMove" if i else "touchStart"
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        changed = np.argwhere((small(box) != before).any(axis=2))
        assert np.ptp(changed[:, 0]) > 25
        assert page.evaluate("scrollY") == scrolled
        assert not visit.errors


@pytest.mark.parametrize("name", ["b.png"])
def test_a_picture_can_be_dropped(browser: Browser, site: str, name: str) -> None:
    with opened(browser, f"{site}/{PAGE}", only=MODULE) as visit:
        box = started(visit)
        content = base64.b64encode(in_file(tomato((64, 64)), name)["buffer"]).decode()
        box.locator(".live-easel").evaluate(
            """(node, [name, content]) => {
                const bytes = Uint8Array.from(atob(content), (sign) => sign.charCodeAt(0));
                const dataTransfer = new DataTransfer();
                dataTransfer.items.add(new File([bytes], name, { type: "image/png" }));
                node.dispatchEvent(new DragEvent("drop", { dataTransfer, cancelable: true }));
            }""",
            [name, content],
        )
        expect(box.locator(".live-note")).to_contain_text(f"{name}: 64 × 64 pixels")
        assert not visit.errors
