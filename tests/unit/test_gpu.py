"""The run on a GPU: the record's form, the refusal without one, and what a CPU can stand in for."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

import book.gpu
from bench import gpu, gpu_times, gpu_values
from book.gpu import NOT_RUN, Finding, GpuRecord, page_lines
from book.notebooks import ROOT
from livetorch.models.gpt import GPTSettings

CPU = torch.device("cpu")
TINY = GPTSettings(16, context_length=8, num_layers=1, num_heads=2, width=8)
GOOD = Finding("Halves are halves.", "measure-first", "half / whole", 0.5, True)
RECORD = GpuRecord("A GPU", 79.6, "2026-11-30", {"python": "3.12", "torch": "2.13"}, (GOOD,))


def test_without_a_gpu_one_sentence_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert gpu.main(tmp_path / "gpu.json") == 2
    written = capsys.readouterr()
    assert written.out == ""
    assert "needs a GPU" in written.err
    assert written.err.count(".\n") == 1 == written.err.count("\n")
    assert not list(tmp_path.iterdir())


def test_a_record_comes_back_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "new" / "gpu.json"
    RECORD.write(path)
    assert GpuRecord.read(path) == RECORD
    assert json.loads(path.read_text())["findings"][0]["number"] == 0.5


@pytest.mark.parametrize(
    "change",
    [
        {"device": ""},
        {"date": "yesterday"},
        {"versions": {"python": "3.12"}},
        {"findings": ()},
        {"findings": (replace(GOOD, number=float("nan")),)},
        {"findings": (replace(GOOD, number=None),)},
    ],
)
def test_what_is_no_record_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"record|finite|isoformat"):
        replace(RECORD, **change)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["{", "{}", '{"findings": [{"claim": "x"}]}', '{"findings": []}'])
def test_a_file_that_is_no_record_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "gpu.json").write_text(text)
    with pytest.raises(ValueError, match=r"record|Expecting"):
        GpuRecord.read(tmp_path / "gpu.json")


def test_a_page_shows_the_record_or_says_that_there_is_none(tmp_path: Path) -> None:
    path = tmp_path / "gpu.json"
    assert page_lines(path) == [NOT_RUN]
    broken = replace(GOOD, number=None, holds=False, error="RuntimeError: a | b")
    replace(RECORD, findings=(GOOD, broken)).write(path)
    lines = page_lines(path)
    assert "2026-11-30" in lines[0]
    assert "A GPU with 80 GiB (python 3.12, torch 2.13)" in lines[0]
    assert lines[-2].endswith("| half / whole | 0.5 | yes |")
    assert lines[-1].endswith("| no RuntimeError: a \\| b |")


def test_what_is_shipped_is_a_record_of_these_checks() -> None:
    if book.gpu.SHIPPED.exists():
        assert len(GpuRecord.read(book.gpu.SHIPPED).findings) == len(gpu.CHECKS)
    pages = [
        ROOT / "chapters" / name / "index.md" for name in ("18-fast-code", "19-many-processes")
    ]
    assert all("```{gpu}" in page.read_text() for page in pages)


# What means the same on a CPU


def test_gradients_scaler_and_ddp_hold_on_a_cpu() -> None:
    checks = (gpu_values.autocast_gradients, gpu_values.scaler_skips, gpu_values.data_parallel)
    for finding in gpu.run_checks(CPU, checks):
        assert finding.holds, finding
    assert not torch.distributed.is_initialized()


def test_a_cpu_returns_when_its_work_is_done() -> None:
    finding = gpu_times.asking(CPU, size=256, runs=3)
    assert finding.number is not None
    assert finding.number > 0.5
    assert not finding.holds  # so that the statement is one that can fail


def test_a_step_under_autocast_is_timed() -> None:
    finding = gpu_times.autocast_speed(CPU, TINY, batch=2, runs=2)
    assert finding.number is not None
    assert finding.number > 0


def test_a_check_that_breaks_is_said_and_the_others_go_on() -> None:
    def breaks(device: torch.device) -> Finding:
        raise RuntimeError(f"no kernel on {device}\nand more")

    def good_check(_device: torch.device) -> Finding:
        return GOOD

    broken, good = gpu.run_checks(CPU, (breaks, good_check))
    assert good == GOOD
    assert broken.error == "RuntimeError: no kernel on cpu"
    assert not broken.holds
    replace(RECORD, findings=(broken, good))  # is a record
