"""A page makes the same small picture of a sheet that torch does, and says the same of it."""

from __future__ import annotations

import base64
import io
import random
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional

from livetorch.live import NameEmoji, WidgetError
from livetorch.live.widgets.name_emoji import SIDE, packed, unpacked
from tests.live.node import page_answers, page_calls

KINDS, SHEET = ["hat", "scarf", "glove"], 256
# What a page's runtime does with the exported model, for the model below.
RUNTIME = """
export async function run(page, model, { pictures: { data, dims } }) {
  if (model !== "emoji" || dims.join() !== "1,3,64,64") throw new Error(`${model} ${dims}`);
  const logits = page.weight.map((row) => row.reduce((sum, w, i) => sum + w * data[i] / 255, 0));
  const powers = logits.map(Math.exp);
  const total = powers.reduce((sum, power) => sum + power, 0);
  return { probabilities: { data: powers.map((p) => p / total), dims: [1, powers.length] } };
}
"""


class Linear(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.weight = torch.randn(len(KINDS), 3 * SIDE**2, generator=generator) / 50

    def forward(self, pictures: Tensor) -> Tensor:
        return (pictures.flatten(1) @ self.weight.T / 255).softmax(dim=1)


def picture(seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(256, (3, SIDE, SIDE), generator=generator, dtype=torch.uint8)


def widget(**changes: Any) -> NameEmoji:
    settings: dict[str, Any] = {
        "model": Linear(),
        "kinds": KINDS,
        "signs": [("🎩", "top hat", "hat"), ("🧣", "scarf", "scarf")],
        "start": ("top hat", "hat", picture(9)),
        "unsure_below": 0.6,
    }
    return NameEmoji(**settings | changes)


def test_a_page_says_what_torch_says(tmp_path: Path) -> None:
    (tmp_path / "runtime.mjs").write_text(RUNTIME)
    shown = widget()
    page = {"base": f"{tmp_path.as_uri()}/", "version": "1", "weight": Linear().weight.tolist()}
    questions = [{"picture": packed(picture(seed))} for seed in range(5)]
    replies = page_answers("name_emoji", questions, shown.options, page=page)
    for question, reply in zip(questions, replies, strict=True):
        mine = shown.answer(question)["probabilities"]
        assert sum(mine) == pytest.approx(1)
        assert reply["answer"]["probabilities"] == pytest.approx(mine, abs=1e-4)


@pytest.mark.parametrize("text", ["", "AAAA", "§", base64.b64encode(bytes(64 * 64)).decode()])
def test_what_is_no_picture_is_refused(text: str) -> None:
    with pytest.raises(WidgetError, match="64 × 64 × 3 bytes"):
        widget().answer({"picture": text})
    reply = page_answers("name_emoji", [{"picture": text}])[0]
    assert "3 bytes" in reply["error"] or text == "§", "base64 that is none has words of its own"


def test_a_picture_survives_its_question() -> None:
    assert torch.equal(unpacked(packed(picture(3))), picture(3))
    content = list(range(256)) * 3
    text = page_calls("small_pictures", "textOfBytes", [[content]])[0]
    assert base64.b64decode(text) == bytes(content)
    assert list(page_calls("small_pictures", "bytesOfText", [[text]])[0].values()) == content


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"signs": [("🧦", "socks", "sock")]}, "no kind 'sock' among hat, scarf, glove"),
        ({"start": ("hat", "cap", picture(0))}, "no kind 'cap'"),
        ({"start": ("hat", "hat", picture(0)[:1])}, r"got \(1, 64, 64\)"),
        ({"start": ("hat", "hat", picture(0).float())}, "float32"),
        ({"unsure_below": 1.5}, "must be a probability, got 1.5"),
        ({"unsure_below": float("nan")}, "must be a probability"),
    ],
)
def test_settings_that_make_no_widget(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        widget(**change)


# The small picture that is made of a sheet


def dots_of(sheet: Tensor) -> list[int]:
    """sheet (4, H, W) uint8 -> red, green, blue and opacity, row by row"""
    pixels: list[int] = sheet.permute(1, 2, 0).flatten().tolist()
    return pixels


def test_a_sheet_is_made_smaller_on_white() -> None:
    generator = torch.Generator().manual_seed(0)
    sheet = torch.randint(256, (4, SHEET, SHEET), generator=generator, dtype=torch.uint8)
    sheet[3, :, 128:] = 255
    sheet[3, :64] = 0
    made = page_calls("small_pictures", "shrunk", [[dots_of(sheet)]])[0]
    small = torch.tensor(list(made.values())).reshape(SIDE, SIDE, 3).permute(2, 0, 1)
    opacity = sheet[3:].double() / 255
    on_white = sheet[:3].double() * opacity + 255 * (1 - opacity)
    expected = functional.avg_pool2d(on_white[None], 4)[0]
    assert (small - expected).abs().max() <= 0.5 + 1e-9
    assert (small[:, :16] == 255).all(), "what is transparent is white"


def test_other_forms_fit_into_the_square() -> None:
    sizes = [(256, 256), (512, 256), (10, 40), (4000, 1), (1, 1)]
    boxes = page_calls("small_pictures", "contained", sizes)
    assert boxes[0] == {"x": 0, "y": 0, "width": 256, "height": 256}
    assert boxes[1] == {"x": 0, "y": 64, "width": 256, "height": 128}
    assert boxes[2] == {"x": 96, "y": 0, "width": 64, "height": 256}
    assert boxes[3]["height"] == 1, "a line stays visible"
    assert boxes[4]["width"] == 256


def test_the_box_around_the_ink() -> None:
    sheet = torch.zeros(4, 30, 20, dtype=torch.uint8)
    sheet[3, 5:9, 7:18] = 200
    boxes = page_calls("small_pictures", "inkBox", [[dots_of(sheet), 20], [dots_of(sheet * 0), 20]])
    assert boxes == [{"x": 7, "y": 5, "width": 11, "height": 4}, None]


def test_grey_white_and_transparent_pictures_are_told() -> None:
    grey = picture(0)[:1].expand(3, -1, -1)
    nearly = grey.clone()
    nearly[0] = nearly[0] // 11 * 11
    colored = grey.clone()
    colored[:, 3, 3] = torch.tensor([200, 100, 100])
    pictures = [p.permute(1, 2, 0).flatten().tolist() for p in (grey, nearly, colored)]
    assert page_calls("small_pictures", "colorless", [[p] for p in pictures]) == [True, True, False]
    white = [255] * 300
    assert page_calls("small_pictures", "blank", [[white], [[*white[1:], 0]]]) == [True, False]
    box = {"x": 0, "y": 64, "width": 256, "height": 128}
    sheet = torch.zeros(4, SHEET, SHEET, dtype=torch.uint8)
    sheet[3, 64:192] = 255
    holed = sheet.clone()
    holed[3, 100, 100] = 0
    asked = [[dots_of(each), box] for each in (sheet, holed)]
    assert page_calls("small_pictures", "transparent", asked) == [False, True]


# Files


def encoded(size: tuple[int, int], form: str, **settings: Any) -> list[int]:
    file = io.BytesIO()
    Image.new("RGB", size, "red").save(file, form, **settings)
    return list(file.getvalue())


def test_the_size_that_a_file_states() -> None:
    exif = Image.Exif()
    exif[0x010E] = "a description that makes a segment of its own"
    files = [
        encoded((300, 20), "PNG"),
        encoded((300, 20), "GIF"),
        encoded((300, 20), "JPEG"),
        encoded((301, 21), "JPEG", progressive=True, exif=exif),
        encoded((300, 20), "WEBP"),
        list(b"not a picture"),
        list(b"\x89PNG"),
        [0xFF, 0xD8, 0xFF, 0xE0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        [],
    ]
    sizes = page_calls("picture_files", "sizeOf", [[file] for file in files])
    assert sizes[:4] == [[300, 20], [300, 20], [300, 20], [301, 21]]
    assert sizes[4:] == [None] * 5


def test_a_huge_picture_has_its_sentence() -> None:
    asked = [["a.png", [30_000, 30_000]], ["a.png", [8_000, 5_000]]]
    large, fine = page_calls("picture_files", "tooLarge", asked)
    assert large.startswith("a.png is 30,000 × 30,000 pixels large, and at most 40 million")
    assert fine is None


# Words


def test_what_the_widget_says() -> None:
    belief = {"kinds": KINDS, "unsureBelow": 0.6}
    hat = {"name": "top hat", "kind": "hat"}
    calls: list[Any] = [
        [[0.7, 0.2, 0.1], belief, hat, False],
        [[0.1, 0.2, 0.7], belief, hat, False],
        [[0.4, 0.25, 0.35], belief, None, False],
        [[0.001, 0.999, 0], belief, None, True],
    ]
    right, wrong, unsure, empty = page_calls("kind_words", "verdict", calls)
    assert right == "It answers: hat (70 %). Right: top hat, hat."
    assert wrong == "It answers: glove (70 %). Wrong: top hat, hat."
    assert unsure == "It is unsure: hat (40 %) or glove (35 %)?"
    assert empty.startswith("The paper is empty, and still it has an answer. It answers: scarf")


def test_the_score_on_a_device() -> None:
    belief = {"kinds": KINDS, "unsureBelow": 0.6}
    dice = random.Random(0)
    answers: list[Any] = []
    for _ in range(20):
        weights = [dice.random() for _ in KINDS]
        answers.append([[w / sum(weights) for w in weights], dice.choice(KINDS)])
    right = [KINDS[b.index(max(b))] == kind for b, kind in answers]
    sure = [max(b) >= 0.6 for b, _ in answers]
    share = sum(right) / 20
    texts = page_calls(
        "kind_words", "tally", [[answers, belief, 0], [answers, belief, 3], [[], belief, 2]]
    )
    assert texts[0] == (
        f"On this device's drawings it is right in {sum(right)} of 20: {share:.2f} ± "
        f"{(share * (1 - share) / 20) ** 0.5:.2f}. It is sure of {sum(sure)}, and right in "
        f"{sum(r and s for r, s in zip(right, sure, strict=True))} of those."
    )
    assert texts[1] == f"{texts[0]} This device has no picture in color for 3 more."
    assert texts[2] == "This device has no picture in color for 2 more."
