"""The linear models against torch.nn with the same weights and the closed forms of their losses."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from livetorch import half_mse_loss
from livetorch.models.linear import LinearRegression, LogisticRegression, SoftmaxRegression


def features_of(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("out_features", [1, 3])
def test_linear_regression_is_a_weighted_sum(out_features: int) -> None:
    model = LinearRegression(4, out_features)
    features = features_of(6, 4)
    predictions = model(features)
    assert predictions.shape == (6, out_features)
    by_hand = features @ model.linear.weight.T + model.linear.bias
    torch.testing.assert_close(predictions, by_hand)
    reference = nn.Linear(4, out_features)
    reference.load_state_dict(model.linear.state_dict())
    torch.testing.assert_close(predictions, reference(features))


def test_linear_regression_has_one_output_unless_told() -> None:
    assert LinearRegression(4)(features_of(6, 4)).shape == (6, 1)


def test_linear_regression_gradient() -> None:
    model = LinearRegression(3).double()
    features, targets = features_of(8, 3).double(), features_of(8, 1, seed=1).double()
    half_mse_loss(model(features), targets).backward()
    errors = (model(features) - targets).detach()
    torch.testing.assert_close(model.linear.weight.grad, errors.T @ features / 8)
    torch.testing.assert_close(model.linear.bias.grad, errors.mean(dim=0))


def test_logistic_regression_gives_log_odds() -> None:
    model = LogisticRegression(4)
    features = 10 * features_of(50, 4)
    logits = model(features)
    assert logits.shape == (50,)
    weighted = (features * model.linear.weight[0]).sum(dim=1) + model.linear.bias
    torch.testing.assert_close(logits, weighted)
    assert logits.min() < 0, "a logit is no probability"
    assert logits.max() > 1, "a logit is no probability"


def test_logistic_regression_keeps_a_batch_of_one() -> None:
    assert LogisticRegression(4)(features_of(1, 4)).shape == (1,)


def test_logistic_regression_loss_and_gradient() -> None:
    model = LogisticRegression(3).double()
    features = features_of(8, 3).double()
    targets = torch.tensor([0, 1, 1, 0, 1, 0, 0, 1]).double()
    loss = functional.binary_cross_entropy_with_logits(model(features), targets)
    loss.backward()
    share = torch.sigmoid(model(features)).detach()
    likelihood = torch.where(targets == 1, share, 1 - share)
    torch.testing.assert_close(loss.detach(), -likelihood.log().mean())
    torch.testing.assert_close(model.linear.weight.grad, ((share - targets) @ features / 8)[None])
    torch.testing.assert_close(model.linear.bias.grad, (share - targets).mean()[None])


def test_softmax_regression_scores_flat_and_folded_features_alike() -> None:
    model = SoftmaxRegression(12, 5)
    images = 5 * features_of(7, 3, 4)
    logits = model(images)
    assert logits.shape == (7, 5)
    flat = images.reshape(7, 12)
    torch.testing.assert_close(logits, flat @ model.linear.weight.T + model.linear.bias)
    torch.testing.assert_close(model(flat), logits)
    sums = logits.exp().sum(dim=1)
    assert not torch.allclose(sums, torch.ones(7)), "log-probabilities came, not logits"
    assert not torch.allclose(logits.sum(dim=1), torch.ones(7)), "probabilities came, not logits"


def test_softmax_regression_loss_and_gradient() -> None:
    model = SoftmaxRegression(3, 4).double()
    features, labels = features_of(8, 3).double(), torch.tensor([0, 1, 2, 3, 3, 2, 1, 1])
    loss = functional.cross_entropy(model(features), labels)
    loss.backward()
    logits = model(features).detach()
    chances = logits.exp() / logits.exp().sum(dim=1, keepdim=True)
    torch.testing.assert_close(loss.detach(), -chances[torch.arange(8), labels].log().mean())
    errors = chances - functional.one_hot(labels, 4)
    torch.testing.assert_close(model.linear.weight.grad, errors.T @ features / 8)
    torch.testing.assert_close(model.linear.bias.grad, errors.mean(dim=0))


@pytest.mark.parametrize(
    ("model", "count"),
    [(LinearRegression(5, 2), 12), (LogisticRegression(5), 6), (SoftmaxRegression(5, 3), 18)],
    ids=["linear", "logistic", "softmax"],
)
def test_parameters_and_their_names(model: nn.Module, count: int) -> None:
    assert sum(parameter.numel() for parameter in model.parameters()) == count
    # Checkpoints and chapters know the weights by these names.
    assert list(model.state_dict()) == ["linear.weight", "linear.bias"]
    assert all(parameter.requires_grad for parameter in model.parameters())


@pytest.mark.parametrize(
    "model", [LinearRegression(5), LogisticRegression(5), SoftmaxRegression(5, 3)]
)
def test_another_number_of_features_is_an_error(model: nn.Module) -> None:
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        model(features_of(6, 4))
