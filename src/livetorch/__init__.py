"""The package of the book Live PyTorch: the pieces its chapters build, small enough to read."""

from livetorch.checkpoints import load_checkpoint, save_checkpoint
from livetorch.losses import half_mse_loss, sequence_cross_entropy
from livetorch.metrics import History, RunningMean, accuracy, r2_score
from livetorch.runtime import choose_device, make_reproducible, seed_everything
from livetorch.training import evaluate, fit, train_epoch

__all__ = [
    "History",
    "RunningMean",
    "accuracy",
    "choose_device",
    "evaluate",
    "fit",
    "half_mse_loss",
    "load_checkpoint",
    "make_reproducible",
    "r2_score",
    "save_checkpoint",
    "seed_everything",
    "sequence_cross_entropy",
    "train_epoch",
]
