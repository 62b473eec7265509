"""Submissions as platforms give them."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from livetorch_labs import LabError
from livetorch_labs.submission.collect import Submission, collect
from livetorch_labs.submission.notebook import LARGEST

NAME = "01-sums"


def collected(place: Path, scratch: Path) -> dict[str, Submission]:
    return {submission.student: submission for submission in collect(place, NAME, scratch)}


def packed(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def test_canvas(tmp_path: Path) -> None:
    archive = packed(
        tmp_path / "submissions.zip",
        {
            f"doejane_1234_5678_{NAME}.ipynb": b"first",
            f"doejane_1234_9999_{NAME}-2.ipynb": b"third",
            f"doejane_1234_8888_{NAME}-1.ipynb": b"second",
            f"leebob_LATE_77_5680_{NAME}.ipynb": b"late",
            "fangann_78_5681_answers.pdf": b"%PDF",
            "__MACOSX/._doejane": b"",
        },
    )
    students = collected(archive, tmp_path / "out")
    assert set(students) == {"doejane_1234", "leebob_77", "fangann_78"}
    jane = students["doejane_1234"].path
    assert jane is not None
    assert jane.read_bytes() == b"third"
    assert students["fangann_78"].status == "missing"
    assert students["fangann_78"].notes == ("no notebook, but answers.pdf",)


@pytest.mark.parametrize("join", ["_file_/", "_file/", "_file_"])
def test_moodle(tmp_path: Path, join: str) -> None:
    archive = packed(
        tmp_path / "course.zip",
        {
            f"Jane Doe_1234567_assignsubmission{join}{NAME}.ipynb": b"{}",
            f"Zoé Łee_77_assignsubmission{join}{NAME}.ipynb": b"{}",
        },
    )
    assert set(collected(archive, tmp_path / "out")) == {"Jane Doe_1234567", "Zoé Łee_77"}


def test_folders_as_nbgrader_has_them_and_files(tmp_path: Path) -> None:
    place = tmp_path / "in"
    (place / "ann" / NAME).mkdir(parents=True)
    (place / "ann" / NAME / f"{NAME}.ipynb").write_text("{}")
    (place / "ann" / NAME / ".ipynb_checkpoints").mkdir()
    (place / "ann" / NAME / ".ipynb_checkpoints" / f"{NAME}-checkpoint.ipynb").write_text("{}")
    (place / "bob.ipynb").write_text("{}")
    (place / "README.md").write_text("not a student")
    students = collected(place, tmp_path / "out")
    assert set(students) == {"ann", "bob"}
    assert all(student.path and not student.notes for student in students.values())


def test_an_archive_in_a_folder_of_its_own(tmp_path: Path) -> None:
    files = {f"all/{name}/{NAME}.ipynb": b"{}" for name in ("ann", "bob")}
    archive = packed(tmp_path / "all.zip", files)
    assert set(collected(archive, tmp_path / "out")) == {"ann", "bob"}


def test_an_archive_writes_nowhere_else(tmp_path: Path) -> None:
    archive = tmp_path / "bad.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("../outside.ipynb", "x")
        file.writestr("/tmp/absolute-path-of-a-zip.ipynb", "x")
        link = zipfile.ZipInfo(f"eve/{NAME}.ipynb")
        link.external_attr = 0o120777 << 16
        file.writestr(link, "/etc/passwd")
        file.writestr(f"ann/{NAME}.ipynb", "{}")
    students = collected(archive, tmp_path / "out")
    assert set(students) == {"ann", "eve"}
    assert students["eve"].status == "unreadable"
    assert not (tmp_path / "outside.ipynb").exists()
    assert not Path("/tmp/absolute-path-of-a-zip.ipynb").exists()


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    archive = packed(tmp_path / "bomb.zip", {f"ann/{NAME}.ipynb": bytes(LARGEST * 3)})
    path = collected(archive, tmp_path / "out")["ann"].path
    assert path is not None
    assert path.stat().st_size == LARGEST + 1


def test_one_bad_entry_costs_its_own_row_only(tmp_path: Path) -> None:
    good = f"ann/{NAME}.ipynb"
    files = {
        good: b"{}",
        f"bad/{NAME}.ipynb": b"{}" * 200,
        f"cat/{NAME}.ipynb/x": b"",
        f"cat/{NAME}.ipynb": b"{}",
        f"dan/{'x' * 400}.ipynb": b"{}",
        "eve/" + "d" * 90 + "/d" * 3000 + "/x.ipynb": b"{}",
        f"fay/{NAME}.IPYNB": b"{}",
        f"new\nline/{NAME}.ipynb": b"{}",
    }
    archive = packed(tmp_path / "all.zip", files)
    content = bytearray(archive.read_bytes())
    start = content.find(f"bad/{NAME}.ipynb".encode()) + len(f"bad/{NAME}.ipynb")
    content[start] ^= 0xFF
    archive.write_bytes(content)
    students = collected(archive, tmp_path / "out")
    assert set(students) == {"ann", "bad", "cat", "dan", "eve", "fay", "new\nline"}
    bad = students["bad"].path
    assert bad is not None
    assert b"damaged" in bad.read_bytes()
    assert students["ann"].path == tmp_path / "out" / good


@pytest.mark.filterwarnings("ignore:Duplicate")
def test_the_same_student_twice_in_an_archive(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "twice.zip", "w") as file:
        file.writestr(f"ann/{NAME}.ipynb", "first")
        file.writestr(f"ann/{NAME}.ipynb", "second")
    path = collected(tmp_path / "twice.zip", tmp_path / "out")["ann"].path
    assert path is not None
    assert path.read_text() == "second"


def test_names_that_are_no_utf_8_and_names_that_a_program_changed(tmp_path: Path) -> None:
    place = tmp_path / "in"
    for name in ("st\udcff", "ada"):
        (place / name).mkdir(parents=True)
        (place / name / f"{NAME}.ipynb").write_text("{}")
    for name in ("bob.ipynb.txt", "eve.IPYNB"):
        (place / name).write_text("{}")
    assert set(collected(place, tmp_path / "out")) == {"st\\xff", "ada", "bob", "eve"}


def test_places_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"no folder and no \.zip"):
        collect(tmp_path / "nowhere", NAME, tmp_path / "out")
    (tmp_path / "in").mkdir()
    with pytest.raises(LabError, match="no submission"):
        collect(tmp_path / "in", NAME, tmp_path / "out")
