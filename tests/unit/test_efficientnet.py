"""EfficientNet-Lite0: padding and blocks against slow versions, real weights, known photographs."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from sklearn.datasets import load_sample_images
from torch import Tensor, nn

from livetorch import pretrained
from livetorch.models import efficientnet
from livetorch.models.efficientnet import (
    EfficientNetLite0,
    FirstBlocks,
    InvertedResidual,
    SameConv,
    mean_and_maximum,
    prepared,
)
from livetorch.packaged import packaged_file
from livetorch.pretrained.pictures import efficientnet_lite0, efficientnet_name

BELL_COTE, DAISY = 442, 985


@pytest.fixture(scope="module")
def model() -> EfficientNetLite0:
    return efficientnet_lite0()


@pytest.fixture(scope="module")
def photographs() -> Tensor:
    """china and flower (2, 3, 427, 640)"""
    return torch.stack([torch.tensor(image) for image in load_sample_images().images]).permute(
        0, 3, 1, 2
    )


def slow_same_conv(x: Tensor, weight: Tensor, stride: int, groups: int) -> Tensor:
    """Each output by itself, from the rows and columns that TensorFlow's formula names."""
    batch, _, *sizes = x.shape
    outputs, per_group, kernel, _ = weight.shape
    steps = [-(-size // stride) for size in sizes]
    total = [max((n - 1) * stride + kernel - size, 0) for n, size in zip(steps, sizes, strict=True)]
    made = torch.zeros(batch, outputs, *steps, dtype=x.dtype)
    for b, o, r, c in torch.cartesian_prod(
        *(torch.arange(n) for n in (batch, outputs, *steps))
    ).tolist():
        first = o // (outputs // groups) * per_group
        for i in range(per_group):
            for k in range(kernel):
                for m in range(kernel):
                    row = r * stride + k - total[0] // 2
                    column = c * stride + m - total[1] // 2
                    if 0 <= row < sizes[0] and 0 <= column < sizes[1]:
                        made[b, o, r, c] += weight[o, i, k, m] * x[b, first + i, row, column]
    return made


@pytest.mark.parametrize(
    ("kernel", "stride", "groups", "size"),
    [(3, 2, 1, (6, 7)), (3, 1, 4, (5, 4)), (5, 2, 4, (7, 8)), (5, 1, 2, (3, 5)), (1, 1, 1, (2, 3))],
)
def test_the_padding_is_that_of_tensorflow(
    kernel: int, stride: int, groups: int, size: tuple[int, int]
) -> None:
    torch.manual_seed(kernel)
    convolution = SameConv(4, 8, kernel, stride, groups).double()
    x = torch.randn(2, 4, *size, dtype=torch.float64)
    torch.testing.assert_close(
        convolution(x), slow_same_conv(x, convolution.weight, stride, groups)
    )
    if kernel > 1:
        plain = nn.functional.conv2d(
            x, convolution.weight, None, stride, padding=kernel // 2, groups=groups
        )
        same = stride == 1 or size[0] % 2 == size[1] % 2 == 1
        assert torch.allclose(plain, convolution(x)) == same, "with stride 1 the two agree"


@pytest.mark.parametrize("settings", [(4, 4, 3, 1, 6), (4, 6, 5, 1, 2), (4, 4, 3, 2, 6)])
def test_a_block_is_its_three_convolutions(settings: tuple[int, int, int, int, int]) -> None:
    torch.manual_seed(0)
    block = InvertedResidual(*settings).double().eval()
    for parameter in block.parameters():
        nn.init.normal_(parameter, std=0.5)
    x = torch.randn(2, 4, 6, 6, dtype=torch.float64)
    y, last = x, ""
    for name, module in block.named_modules():
        if isinstance(module, SameConv):
            y = slow_same_conv(y, module.weight, module.stride[0], module.groups)
            last = name
        elif isinstance(module, nn.BatchNorm2d):
            y = y / (1 + 1e-3) ** 0.5 * module.weight[:, None, None] + module.bias[:, None, None]
            y = y if last.startswith("project") else y.clamp(0, 6)
    kept = x if settings[0] == settings[1] and settings[3] == 1 else 0
    torch.testing.assert_close(block(x), y + kept)


def test_every_key_has_its_place(model: EfficientNetLite0) -> None:
    theirs = torch.load(packaged_file("efficientnet-lite0"), weights_only=True)
    ours = model.state_dict()
    names = [efficientnet_name(key) for key in theirs]
    assert len(set(names)) == len(theirs) == 296
    assert set(names) == set(ours)
    for key, name in zip(theirs, names, strict=True):
        torch.testing.assert_close(theirs[key], ours[name], rtol=0, atol=0)
    body = [p for name, p in model.named_parameters() if not name.startswith("classifier")]
    assert sum(parameter.numel() for parameter in body) == 3_371_008
    assert not any(module.training for module in model.modules())


@pytest.mark.parametrize("damage", ["a key less", "a key more", "another shape"])
def test_a_key_that_does_not_fit(
    damage: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    state = torch.load(packaged_file("efficientnet-lite0"), weights_only=True)
    key = "_blocks.3._project_conv.weight"
    ours = "blocks.3.project.0.weight"
    if damage == "a key less":
        del state[key]
        match = f"Missing key.*{ours}"
    elif damage == "a key more":
        state["_blocks.16._bn0.weight"] = torch.ones(3)
        match = "Unexpected key.*blocks.16"
    else:
        state[key] = state[key][:5]
        match = f"size mismatch for {re.escape(ours)}"
    torch.save(state, tmp_path / "changed.pth")
    monkeypatch.setattr(pretrained.pictures, "packaged_file", lambda _: tmp_path / "changed.pth")
    with pytest.raises(RuntimeError, match=f"(?s){match}"):
        efficientnet_lite0()


def test_it_knows_two_photographs(model: EfficientNetLite0, photographs: Tensor) -> None:
    with torch.inference_mode():
        assert model(prepared(photographs)).argmax(1).tolist() == [BELL_COTE, DAISY]


def symmetric(convolution: SameConv, x: Tensor) -> Tensor:
    size = convolution.kernel_size[0] // 2
    return nn.functional.conv2d(
        x, convolution.weight, None, convolution.stride, size, groups=convolution.groups
    )


def small_eps(model: nn.Module) -> None:
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eps = 1e-5


def in_training(model: nn.Module) -> None:
    model.train()


@pytest.mark.parametrize(
    ("change", "least"), [("symmetric padding", 0.5), (small_eps, 0.01), (in_training, 0.5)]
)
def test_what_is_easily_got_wrong_changes_the_answer(
    change: str | Callable[[nn.Module], None],
    least: float,
    photographs: Tensor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model, images = efficientnet_lite0(), prepared(photographs, 96)
    with torch.inference_mode():
        right = model(images)
        if isinstance(change, str):
            monkeypatch.setattr(SameConv, "forward", symmetric)
        else:
            change(model)
        assert (model(images) - right).abs().max() > least


def test_input_that_is_not_normalized_changes_the_answer(
    model: EfficientNetLite0, photographs: Tensor
) -> None:
    images = prepared(photographs)
    with torch.inference_mode():
        for wrong in (images * 128 + 127, (images * 128 + 127) / 255, images.flip(1)):
            assert (model(wrong) - model(images)).abs().max() > 0.5


def test_features_at_a_depth(model: EfficientNetLite0) -> None:
    images = torch.randn(2, 3, 64, 96)
    with torch.inference_mode():
        maps = model.features(images, upto=5)
        assert maps.shape == (2, 40, 8, 12)
        for block in model.blocks[5:]:
            maps = block(maps)
        torch.testing.assert_close(maps, model.features(images))
        assert maps.shape == (2, 320, 2, 3)
        pooled = model.head(maps).flatten(2).mean(2)
        torch.testing.assert_close(pooled, model.pooled(images))
        torch.testing.assert_close(model.classifier(pooled), model(images))


def test_the_first_blocks_with_a_head_of_their_own() -> None:
    torch.manual_seed(0)
    network = EfficientNetLite0().eval()
    model = FirstBlocks(network, blocks=11, num_classes=4)
    images = torch.randn(3, 3, 64, 64)
    maps = network.features(images, upto=11)
    features = torch.cat([maps.flatten(2).mean(2), maps.flatten(2).amax(2)], dim=1)
    torch.testing.assert_close(mean_and_maximum(maps), features)
    torch.testing.assert_close(model(images), model.classifier(features))
    torch.testing.assert_close(model.judge(network.features(images, upto=8), 8), model(images))
    assert model(images).shape == (3, 4)
    assert model.stem is network.stem
    assert list(model.blocks) == list(network.blocks[:11])
    for count in (0, 17):
        with pytest.raises(ValueError, match=f"from 1 to 16, got {count}"):
            FirstBlocks(network, blocks=count)


def test_pictures_are_prepared() -> None:
    pictures = torch.tensor([0, 127, 255], dtype=torch.uint8)[:, None, None, None].expand(
        3, 3, 8, 9
    )
    images = prepared(pictures, 32)
    assert images.shape == (3, 3, 32, 32)
    torch.testing.assert_close(images[:, 0, 5, 5], torch.tensor([-127 / 128, 0, 1]))
    with pytest.raises(TypeError, match=r"uint8, from 0 to 255, got torch.float32"):
        prepared(pictures / 255)
    for wrong in (pictures[0], pictures[:, :1], pictures.permute(0, 2, 3, 1), pictures[..., :0]):
        with pytest.raises(ValueError, match=r"shape \(B, 3, H, W\)"):
            prepared(wrong)


def test_the_settings_are_those_of_the_paper() -> None:
    assert sum(count for count, *_ in efficientnet.STAGES) == 16
    model = EfficientNetLite0(num_classes=7)
    assert model(torch.randn(2, 3, 32, 32)).shape == (2, 7)
