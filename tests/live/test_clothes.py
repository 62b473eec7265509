"""A page paints as it should, and says of a painting what torch says."""

from __future__ import annotations

import base64
import json
import random
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from livetorch.live import DrawClothes
from livetorch.live.widgets.clothes import covered, packed
from tests.live.node import page_answers, page_calls

SIDE, CLASSES = 28, ["hat", "scarf", "glove"]
CROSS = torch.tensor([[[[0.0, 1, 0], [1, 1, 1], [0, 1, 0]]]])
# What a page's runtime does with the exported model, for the model below.
RUNTIME = """
export async function run(page, model, { images: { data, dims } }) {
  const { weight } = page;
  const count = dims[0], size = dims[2] * dims[3];
  const image = (n) => data.slice(n * size, (n + 1) * size);
  const logits = [], halves = [];
  for (let n = 0; n < count; n++) {
    for (const row of weight) logits.push(row.reduce((sum, w, i) => sum + w * image(n)[i], 0));
    halves.push(...image(n).map((value) => value / 2));
  }
  if (model !== "clothes") throw new Error(model);
  const known = { logits: { data: logits, dims: [count, 2, weight.length / 2] } };
  return { ...known, halves: { data: halves, dims: [count, 1, dims[2], dims[3]] } };
}
"""


class Linear(nn.Module):
    """Two networks that are linear, and one map: half of the image."""

    def __init__(self) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.weight = torch.randn(2 * len(CLASSES), SIDE**2, generator=generator) / 4

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        return (images.flatten(1) @ self.weight.T).unflatten(1, (2, -1)), images / 2


def widget() -> DrawClothes:
    images = torch.rand(2, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
    return DrawClothes(Linear(), ("one", "two"), CLASSES, dict(zip("ab", images, strict=True)))


def painting(seed: int) -> list[int]:
    """Some noise, half of the page empty."""
    dice = random.Random(seed)
    return [dice.randint(0, 255) if i % SIDE > 13 else 0 for i in range(SIDE**2)]


def image(pixels: list[int]) -> Tensor:
    return torch.tensor(pixels).reshape(SIDE, SIDE)


def test_a_page_says_what_torch_says(tmp_path: Path) -> None:
    (tmp_path / "runtime.mjs").write_text(RUNTIME)
    shown = widget()
    page = {"base": f"{tmp_path.as_uri()}/", "version": "1", "weight": Linear().weight.tolist()}
    questions = [{"pixels": painting(seed), "cover": seed % 2 == 1} for seed in range(6)]
    replies = page_answers("clothes", questions, shown.options, page=page)
    for question, reply in zip(questions, replies, strict=True):
        mine, theirs = shown.answer(question), reply["answer"]
        assert len(mine["falls"]) == (36 if question["cover"] else 0)
        for key in ("probabilities", "falls"):
            torch.testing.assert_close(
                torch.tensor(theirs[key]), torch.tensor(mine[key]), rtol=1e-4, atol=1e-4
            )
        assert [m["shape"] for m in theirs["maps"]] == [m["shape"] for m in mine["maps"]]
        torch.testing.assert_close(
            torch.tensor(theirs["maps"][0]["values"]), torch.tensor(mine["maps"][0]["values"])
        )


def test_falls_are_of_the_first_network_and_of_its_first_choice() -> None:
    shown, pixels = widget(), painting(1)
    answer = shown.answer({"pixels": pixels, "cover": True})
    top = max(range(len(CLASSES)), key=answer["probabilities"][0].__getitem__)
    for square in (0, 7, 35):
        row, column = 4 * (square // 6), 4 * (square % 6)
        hidden = image(pixels).clone()
        hidden[row : row + 8, column : column + 8] = 0
        left = shown.answer({"pixels": hidden.flatten().tolist(), "cover": False})
        want = answer["probabilities"][0][top] - left["probabilities"][0][top]
        assert answer["falls"][square] == pytest.approx(want, abs=1e-6)
    reached = (covered(torch.ones(1, SIDE, SIDE)) == 0).any(dim=0)
    assert reached.all(), "every pixel is covered once or more"


def test_bad_questions_and_images_are_refused_in_the_same_words() -> None:
    shown, pixels = widget(), painting(0)
    for wrong in (pixels[:-1], [*pixels[:-1], 256], [*pixels[:-1], -1], [*pixels[:-1], 0.5]):
        question = {"pixels": wrong, "cover": False}
        with pytest.raises(ValueError, match="784 whole numbers from 0 to 255") as refused:
            shown.answer(question)
        reply = page_answers("clothes", [question], shown.options)[0]
        assert reply["error"] == str(refused.value)
    zeros = torch.zeros(SIDE, SIDE)
    for bad in (torch.zeros(1, SIDE, SIDE), torch.zeros(28, 27), zeros - 1, zeros + 2, zeros / 0):
        with pytest.raises(ValueError, match="'x' must be"):
            DrawClothes(Linear(), ("one", "two"), CLASSES, {"x": bad})
    with pytest.raises(ValueError, match="must be an image"):
        DrawClothes(Linear(), ("one", "two"), CLASSES, {})


def test_images_travel_unchanged_and_small() -> None:
    picture = torch.tensor(painting(3)).reshape(SIDE, SIDE) / 255
    text = packed(picture)
    assert list(base64.b64decode(text)) == painting(3)
    assert page_calls("painting", "unpacked", [[text]]) == [painting(3)]
    ten = DrawClothes(Linear(), ("one", "two"), CLASSES, dict.fromkeys("abcdefghij", picture))
    assert len(ten.options["pictures"]) == 10
    assert len(json.dumps(ten.options)) < 12_000
    assert widget().as_html() == widget().as_html()
    assert 'data-needs="runtime clothes"' in ten.as_html()


def test_a_brush_paints_what_is_near_its_way() -> None:
    dice = random.Random(5)
    calls: list[Any] = [
        [
            painting(i),
            [dice.uniform(0, 28), dice.uniform(0, 28)],
            [dice.uniform(0, 28), dice.uniform(0, 28)],
            1 + i % 8,
            dice.randint(0, 255),
        ]
        for i in range(40)
    ]
    pixels = torch.cartesian_prod(torch.arange(28.0), torch.arange(28.0)).flip(1) + 0.5
    for (before, start, end, size, grey), made in zip(
        calls, page_calls("painting", "brushed", calls), strict=True
    ):
        ends = torch.tensor([start, end], dtype=torch.float64)
        ends = ends.floor().clamp(max=27) + 0.5 if size % 2 else ends.round()
        way = ends[1] - ends[0]
        along = ((pixels - ends[0]) @ way / way.square().sum().clamp(min=1e-12)).clamp(0, 1)
        near = (pixels - ends[0] - along[:, None] * way).norm(dim=1) <= size / 2
        assert made == torch.where(near, grey, torch.tensor(before)).tolist()
    dots = page_calls(
        "painting", "brushed", [[[0] * 784, [9.2, 5.9], [9.2, 5.9], s, 200] for s in range(1, 5)]
    )
    assert [sum(map(bool, dot)) for dot in dots] == [1, 4, 9, 12]
    assert dots[0][5 * SIDE + 9] == 200


def test_a_fill_stops_at_a_closed_outline() -> None:
    box = torch.zeros(SIDE, SIDE, dtype=torch.int64)
    box[5:20, 6:22] = 200
    box[6:19, 7:21] = 0
    open_box = box.clone()
    open_box[19, 10] = 0
    corner = torch.eye(SIDE, dtype=torch.int64) * 200  # steps that meet at corners only
    calls: list[Any] = [
        [b.flatten().tolist(), place, 90]
        for b, place in [(box, (10, 10)), (box, (0, 0)), (open_box, (10, 10)), (corner, (20, 3))]
    ]
    noise: list[Any] = [[painting(i), (20.5, 10.5), 77] for i in range(5)]
    made = page_calls("painting", "filled", calls + noise)
    for (before, (x, y), grey), after in zip(calls + noise, made, strict=True):
        old = image(before)
        alike = (old - old[int(y), int(x)]).abs() <= 25
        surface = torch.zeros(1, SIDE, SIDE)
        surface[0, int(y), int(x)] = 1
        while True:  # grow by one pixel in four directions, until nothing comes in
            grown = (functional.conv2d(surface, CROSS, padding=1) > 0) & alike
            if torch.equal(grown.float(), surface):
                break
            surface = grown.float()
        assert torch.equal(image(after), torch.where(surface[0] > 0, grey, old))
    inside, outside, leaked, half = (image(m) for m in made[:4])
    assert (inside == 90).sum() == 13 * 14
    assert (outside == 90).sum() == SIDE**2 - 15 * 16
    assert (leaked == 90).sum() == SIDE**2 - (open_box == 200).sum()
    assert (half == 90).sum() == (SIDE**2 - SIDE) // 2


def test_images_are_moved_and_mirrored_as_torch_would() -> None:
    pixels = painting(4)
    steps = [(1, 0), (-2, 0), (0, 3), (0, -1), (30, 0)]
    for (right, down), made in zip(
        steps, page_calls("painting", "moved", [[pixels, *step] for step in steps]), strict=True
    ):
        wide = functional.pad(image(pixels), (30, 30, 30, 30))
        rows, columns = slice(30 - down, 58 - down), slice(30 - right, 58 - right)
        assert torch.equal(image(made), wide[rows, columns])
    assert torch.equal(
        image(page_calls("painting", "mirrored", [[pixels]])[0]), image(pixels).flip(1)
    )


def test_what_the_widget_says() -> None:
    options: dict[str, Any] = {"networks": ["one", "two"], "classes": CLASSES}
    beliefs = [[0.7, 0.2, 0.1], [0.001, 0.003, 0.996]]
    calls = [[beliefs, options, empty] for empty in (False, True)]
    sentences = page_calls("clothes", "saying", calls)
    assert sentences[0] == "one: hat (70 %)\ntwo: glove (> 99 %)"
    assert sentences[1].startswith("Nothing is drawn")
    falls = [0.0] * 36
    low = [*falls[:35], 0.4]
    middle = [*falls[:14], 0.4, *falls[15:]]
    which = [[each, beliefs, options] for each in (low, middle, falls)]
    sentences = page_calls("occlusion", "strongest", which)
    assert "at the bottom right, matters most" in sentences[0]
    assert sentences[0].endswith("in hat falls from 70 % to 30 %.")
    assert "in the middle" in sentences[1]
    assert sentences[2].startswith("No single square matters")
    spread = image(page_calls("occlusion", "spread", [[low]])[0])
    assert (spread > 0).sum() == 64
    assert spread[27, 27] == pytest.approx(0.4)
    assert spread[20, 20] == pytest.approx(0.1), "four squares cover this pixel"
