"""Draw clothes in the page: it reads paintings as the exported model does, drawn ones too."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import onnxruntime
import torch
from playwright.sync_api import Browser, Locator, expect

from tests.browser.visit import NARROW, Visit, looks, opened
from tests.browser.widget import press_start, stays_inside, violations

PAGE, MODULE = "chapters/10-convolutional-networks/3-what-it-sees.html", "clothes"
HOLDER = f'.live[data-live="{MODULE}"]'
Place = tuple[float, float]

# Written for this test, as a hand would: corners in pixels from the upper left, and a place inside
# to press with the fill.
DRAWINGS: dict[str, tuple[list[list[Place]], Place | None]] = {
    "T-shirt/top": ([[(10, 2), (4, 4), (2, 10), (6, 12), (8, 10), (8, 26), (20, 26), (20, 10),
                      (22, 12), (26, 10), (24, 4), (18, 2), (14, 4)]], (14, 15)),
    "Trouser": ([[(9, 2), (19, 2), (21, 26), (16, 26), (14, 10), (12, 26), (7, 26)]], (14, 5)),
    "Pullover": ([[(10, 2), (6, 4), (3, 14), (2, 26), (6, 26), (8, 14), (8, 25), (20, 25),
                   (20, 14), (22, 26), (26, 26), (25, 14), (22, 4), (18, 2), (14, 4)]], (14, 15)),
    "Dress": ([[(11, 2), (17, 2), (18, 6), (16, 11), (20, 26), (8, 26), (12, 11), (10, 6)]],
              (14, 15)),
    "Sandal": ([[(2, 16), (8, 19), (18, 17), (26, 15), (26, 19), (10, 21)],
                [(3, 16), (7, 12), (11, 18)], [(24, 15), (19, 9), (16, 17)]], None),
    "Sneaker": ([[(26, 11), (27, 18), (2, 19), (2, 16), (8, 15), (14, 13), (19, 9), (22, 11)]],
                (20, 15)),
    "Bag": ([[(2, 11), (26, 11), (25, 26), (3, 26)],
             [(8, 11), (9, 5), (14, 3), (19, 5), (20, 11)]], (14, 20)),
    "Ankle boot": ([[(14, 3), (25, 3), (26, 12), (26, 24), (18, 24), (16, 22), (12, 24), (2, 24),
                     (2, 20), (9, 17), (13, 12)]], (20, 15)),
    "Coat": ([[(10, 1), (6, 3), (3, 14), (2, 25), (6, 25), (8, 14), (8, 26), (20, 26), (20, 14),
               (22, 25), (26, 25), (25, 14), (22, 3), (18, 1)]], (12, 15)),
    "Shirt": ([[(10, 2), (6, 4), (3, 14), (2, 24), (6, 24), (8, 14), (8, 27), (20, 27), (20, 14),
                (22, 24), (26, 24), (25, 14), (22, 4), (18, 2), (14, 6)]], (14, 15)),
}  # fmt: skip


def started(visit: Visit, *, tap: bool = False) -> Locator:
    """Press the button, and wait until the networks have answered."""
    box = press_start(visit, MODULE, tap=tap)
    expect(box.locator(".live-readout")).to_contain_text("plain: Pullover")
    return box


def options_of(visit: Visit) -> dict[str, Any]:
    text = visit.page.locator(f"{HOLDER} script").first.text_content()
    options: dict[str, Any] = json.loads(text or "")
    return options


def pixels(box: Locator) -> list[int]:
    """What is painted: the red of each pixel, row by row."""
    painted: list[int] = box.locator(".live-easel canvas").evaluate(
        "c => [...c.getContext('2d').getImageData(0, 0, 28, 28).data].filter((_, i) => i % 4 === 0)"
    )
    return painted


def paint(visit: Visit, box: Locator, way: Sequence[Place]) -> None:
    """Press at the first place, move through the others, let go; places are in pixels."""
    frame = box.locator(".live-easel").bounding_box()
    assert frame is not None
    places = [
        (frame["x"] + x * frame["width"] / 28, frame["y"] + y * frame["height"] / 28)
        for x, y in way
    ]
    visit.page.mouse.move(*places[0])
    visit.page.mouse.down()
    for place in places[1:]:
        visit.page.mouse.move(*place)
    visit.page.mouse.up()


class Model:
    """The exported model, run by onnxruntime on this side."""

    def __init__(self, visit: Visit, site: str) -> None:
        model = visit.page.request.get(f"{site}/_static/live/models/clothes.onnx")
        self.session = onnxruntime.InferenceSession(model.body())
        self.options = options_of(visit)

    def says(self, painted: list[int]) -> str:
        """The text that the widget must show, made of this side's numbers."""
        image = torch.tensor(painted).reshape(1, 1, 28, 28) / 255
        logits = torch.as_tensor(self.session.run(["logits"], {"images": image.numpy()})[0])
        lines = []
        for name, belief in zip(self.options["networks"], logits[0].softmax(dim=1), strict=True):
            top = belief.max().item()
            share = "> 99" if top > 0.995 else f"{round(100 * top)}"
            lines.append(f"{name}: {self.options['classes'][belief.argmax()]} ({share} %)")
        return "\n".join(lines)


def named(text: str) -> list[str]:
    """The classes that the two networks name."""
    return re.findall(r": (.*) \(", text)


def test_drawn_clothes_are_read_as_the_chapter_says(browser: Browser, site: str) -> None:
    """Filled drawings are read, though not all, and outlines are not."""
    with opened(browser, f"{site}/{PAGE}", only=MODULE) as visit:
        model, box = Model(visit, site), started(visit)
        words = box.locator(".live-readout")
        expect(words).to_have_text(model.says(pixels(box)))
        box.locator(".live-easel").scroll_into_view_if_needed()
        box.get_by_label("Size", exact=True).fill("1")
        outlined, filled = {}, {}
        for name, (outlines, inside) in DRAWINGS.items():
            box.get_by_role("button", name="Empty").click()
            expect(words).to_contain_text("Nothing is drawn")
            box.get_by_role("radio", name="brush").check()
            for n, outline in enumerate(outlines):
                closed = n == 0 or name == "Sandal"
                paint(visit, box, [*outline, outline[0]] if closed else outline)
            expect(words).to_have_text(model.says(pixels(box)))
            outlined[name] = named(words.inner_text())
            if inside:
                box.get_by_role("radio", name="fill").check()
                paint(visit, box, [inside])
                assert 150 < sum(map(bool, pixels(box))) < 600, f"{name}: the outline is closed"
                expect(words).to_have_text(model.says(pixels(box)))
            filled[name] = named(words.inner_text())
        for network in (0, 1):
            right = [name for name in DRAWINGS if filled[name][network] == name]
            thin = [name for name in DRAWINGS if outlined[name][network] == name]
            assert len(right) >= 6, filled
            assert len(thin) <= 5, outlined
        assert not visit.errors
        assert all(r.url.startswith((site, "blob:", "data:")) for r in visit.responses)


def test_sleeves_are_rubbed_out_and_a_boot_is_turned(browser: Browser, site: str) -> None:
    with opened(browser, f"{site}/{PAGE}", only=MODULE) as visit:
        model, box = Model(visit, site), started(visit)
        words, undo = box.locator(".live-readout"), box.get_by_role("button", name="Undo")
        first = pixels(box)
        expect(undo).to_be_disabled()
        box.locator(".live-easel").scroll_into_view_if_needed()
        box.get_by_role("radio", name="eraser").check()
        box.get_by_label("Size", exact=True).fill("8")
        for x in (4, 24):
            paint(visit, box, [(x, 15), (x, 28)])
        expect(words).to_have_text(model.says(pixels(box)))
        assert named(words.inner_text()) == ["T-shirt/top", "T-shirt/top"]
        box.get_by_label("Cover each square").check()
        cover = box.locator(".live-cover")
        expect(cover).to_contain_text("matters most: the belief of “plain” in T-shirt/top falls")
        for _ in (1, 2):
            undo.click()
        assert pixels(box) == first
        expect(undo).to_be_disabled()

        box.get_by_role("button", name="Ankle boot").click()
        expect(words).to_contain_text("plain: Ankle boot")
        boot = torch.tensor(pixels(box)).reshape(28, 28)
        box.get_by_role("button", name="Mirror").click()
        expect(words).to_contain_text("plain: Bag")
        assert torch.equal(torch.tensor(pixels(box)).reshape(28, 28), boot.flip(1))
        box.get_by_role("button", name="Move down").click()
        moved = torch.tensor(pixels(box)).reshape(28, 28)
        assert torch.equal(moved[1:], boot.flip(1)[:-1])
        expect(words).to_have_text(model.says(pixels(box)))
        box.get_by_role("button", name="Reset").click()
        expect(words).to_have_text(model.says(first))
        assert pixels(box) == first
        expect(cover).to_be_hidden()
        assert not visit.errors


@looks
def test_keys_alone_are_enough_and_it_is_accessible(
    browser: Browser, site: str, axe: str, scheme: str, size: tuple[int, int]
) -> None:
    with opened(browser, f"{site}/{PAGE}", scheme, size, only=MODULE) as visit:
        box, keys = started(visit), visit.page.keyboard
        box.get_by_label("Cover each square").focus()
        keys.press("Space")
        expect(box.locator(".live-cover")).to_be_visible()
        assert stays_inside(visit, box)
        assert not violations(visit, MODULE, axe)
        box.get_by_role("button", name="Empty").focus()
        keys.press("Enter")
        expect(box.locator(".live-readout")).to_contain_text("Nothing is drawn")
        box.locator(".live-easel").focus()
        keys.press("ArrowLeft")
        expect(box.get_by_role("status")).to_contain_text("Row 15, column 14: 0 % bright.")
        keys.press("Space")
        for _ in range(3):
            keys.press("ArrowUp")
        keys.press("Space")
        for _ in (1, 2):
            keys.press("ArrowRight")
        painted = torch.tensor(pixels(box)).reshape(28, 28)
        rows, columns = painted.nonzero(as_tuple=True)
        assert [rows.min().item(), rows.max().item()] == [11, 15], "two pixels wide, marks and all"
        assert columns.unique().tolist() == [13, 14]
        assert painted.max() == 204
        box.get_by_role("radio", name="brush").focus()
        for _ in (1, 2):
            keys.press("ArrowRight")
        box.locator(".live-easel").focus()
        keys.press("Space")
        assert all(pixels(box)), "the fill reaches the rest"
        expect(box.get_by_role("status")).to_contain_text("plain: ")
        assert not violations(visit, MODULE, axe)
        assert not visit.errors


def test_a_finger_paints_and_still_scrolls_elsewhere(browser: Browser, site: str) -> None:
    with opened(browser, f"{site}/{PAGE}", size=NARROW, touch=True, only=MODULE) as visit:
        page, box = visit.page, started(visit, tap=True)
        easel = box.locator(".live-easel")
        easel.scroll_into_view_if_needed()
        frame = easel.bounding_box()
        assert frame is not None
        assert frame["width"] < NARROW[0] - 40, "room to scroll beside the area"
        before, first = page.evaluate("scrollY"), pixels(box)
        session = page.context.new_cdp_session(page)
        x = frame["x"] + 5
        for i in range(10):
            at = [{"x": x, "y": frame["y"] + 5 + 20 * i}]
            kind = "touchMove" if i else "touchStart"
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        changed = [i for i, (a, b) in enumerate(zip(first, pixels(box), strict=True)) if a != b]
        assert len({i // 28 for i in changed}) > 15
        assert {i % 28 for i in changed} <= {0, 1}
        assert page.evaluate("scrollY") == before
        still = box.evaluate(
            "box => [...box.querySelectorAll('*')].filter("
            "e => getComputedStyle(e).touchAction === 'none').map(e => e.getAttribute('class'))"
        )
        assert still == ["live-pad live-easel"]
        assert not visit.errors
