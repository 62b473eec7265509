"""Three processes train as one does: with DistributedDataParallel, and with `fully_shard`.

The models, their data and their batches are drawn with seeds. Of some there are fewer rows than
processes, so that a process has none; and the parts of a batch are not equally large.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.unit.sharded_script import KINDS, SEEDS, Drawn, full

ROOT = Path(__file__).parents[2]
RANKS = 3


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What each of the processes found."""
    folder = tmp_path_factory.mktemp("sharded")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += [f"--nproc-per-node={RANKS}", "-m", "tests.unit.sharded_script", str(folder)]
    environment = {name: value for name, value in os.environ.items() if name != "RANK"}
    environment |= {"OMP_NUM_THREADS": "1", "LIVETORCH_PROGRESS": "0"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return [torch.load(folder / f"{number}.pt", weights_only=True) for number in range(RANKS)]


@pytest.mark.parametrize("seed", SEEDS)
def test_many_processes_train_as_one(
    results: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setenv("LIVETORCH_PROGRESS", "0")
    drawn = Drawn(seed)
    model = drawn.model()
    losses, weights = drawn.train(model), full(model)
    before = full(drawn.model())
    assert any(not torch.allclose(weights[name], before[name], rtol=0.01) for name in weights)
    for own in results:
        for kind in KINDS:
            trained = own[f"{seed} {kind}"]
            assert trained["losses"] == pytest.approx(losses, rel=1e-9), kind
            torch.testing.assert_close(trained["weights"], weights, rtol=1e-6, atol=1e-8)


def test_what_is_drawn_differs_where_it_matters() -> None:
    drawn = [Drawn(seed) for seed in SEEDS]
    assert {one.optimizer for one in drawn} == {"SGD", "AdamW"}
    assert {one.settings.tied for one in drawn} == {True, False}
    rows = {len(p) for one in drawn for p in one.model().parameters()}
    assert any(size < RANKS for size in rows), "a process without rows"
    assert any(size % RANKS for size in rows if size > RANKS), "processes with unequal rows"
    lasts = {one.count % one.batch_size for one in drawn}
    assert any(last % RANKS for last in lasts), "unequal parts of a batch"
