"""Grade all submissions: some at a time, each in a process of its own, resumable."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from . import LabError
from .chapters import Chapter, with_private_tests
from .gradebook import default_url, record
from .lab import Lab, lab_of
from .packages import package_folder
from .reading import UnreadableError, read_bytes
from .results import (
    KERNEL_LOST,
    UNREADABLE,
    Run,
    SubmissionResult,
    from_json,
    load_results,
    load_run,
    read_result,
    result_path,
    write_grades,
    write_result,
    write_run,
)
from .sandbox import Limits, prepare_fonts, require_bubblewrap
from .submissions import Submission, collect
from .worker import nothing_ran

VERSION = 1
"""Of the way to grade: results of another version are graded again."""

Progress = Callable[[SubmissionResult, int, int], None]


@dataclass(frozen=True)
class Options:
    """How to grade."""

    jobs: int = os.cpu_count() or 1
    seconds: float = 60.0
    memory: int = 2 << 30
    private_tests: Path | None = None
    unsafe: bool = False
    database: str | None = None


def limits_of(chapter: Chapter, options: Options) -> Limits:
    """A submission may take some cells' whole time, and its chapter's time in some kernels."""
    stored = chapter.notebook.metadata.get("livetorch", {}).get("seconds", 20)
    total = 4 * options.seconds + 6 * max(10.0, float(stored))
    return Limits(seconds=options.seconds, total_seconds=total, memory=options.memory)


def grade(
    chapter: Chapter,
    place: Path,
    folder: Path,
    options: Options,
    progress: Progress = lambda *_: None,
) -> list[SubmissionResult]:
    """Grade the submissions in a place into a folder of results.

    What is there already for a file that did not change is kept. Results of students who are not
    in this place stay, so that late submissions can be graded into the same folder.

    Raises:
        LabError: there is no sandbox, nothing to grade, or the folder is of another chapter.
        KeyboardInterrupt: the run was stopped; the next one goes on where it was.
    """
    if options.private_tests is not None:
        chapter = with_private_tests(chapter, options.private_tests)
    bubblewrap = None if options.unsafe else require_bubblewrap()
    _check_folder(folder, chapter)
    lab, limits = lab_of(chapter), limits_of(chapter, options)
    scratch = Path(tempfile.mkdtemp(prefix="labs-"))
    try:
        submissions = collect(place, chapter.name, scratch / "unpacked")
        folder.mkdir(parents=True, exist_ok=True)
        when = datetime.now(UTC).isoformat(timespec="seconds")
        write_run(folder, Run(chapter.name, chapter.title, when, sandbox=not options.unsafe))
        fonts = prepare_fonts(scratch / "fonts")
        crew = Crew(lab, limits, bubblewrap, fonts, scratch)
        _grade_all(crew, submissions, folder, options.jobs, progress)
        results = load_results(folder)
        write_grades(folder, results)
        record(options.database or default_url(folder), lab, results)
        return results
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _check_folder(folder: Path, chapter: Chapter) -> None:
    if (folder / "run.json").exists():
        there = load_run(folder).chapter
        if there != chapter.name:
            raise LabError(f"{folder} holds results of {there}: take another folder")
    elif folder.is_dir() and any(folder.glob("*.ipynb")):
        raise LabError(f"{folder} holds notebooks: take an empty folder for the results")


def _grade_all(
    crew: Crew, submissions: list[Submission], folder: Path, jobs: int, progress: Progress
) -> None:
    done = 0
    with ThreadPoolExecutor(max(1, jobs)) as pool:
        try:
            tasks = [pool.submit(_one, crew, submission, folder) for submission in submissions]
            for task in as_completed(tasks):
                done += 1
                progress(task.result(), done, len(submissions))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            crew.stop()
            raise


def _one(crew: Crew, submission: Submission, folder: Path) -> SubmissionResult:
    """The result of a submission: an earlier one if nothing changed, else a new one, stored."""
    try:
        content = read_bytes(submission.path) if submission.path else b""
        status, why = submission.status, ""
    except UnreadableError as error:
        content, status, why = b"", UNREADABLE, str(error)
    notes = (*submission.notes, why) if why else submission.notes
    source_hash = crew.hash_of(content, status, *notes)
    stored = result_path(folder, submission.student)
    if stored.exists():
        with contextlib.suppress(LabError):
            result = read_result(stored)
            if result.source_hash == source_hash and result.student == submission.student:
                return result
    if status or submission.path is None:
        result = nothing_ran(crew.lab, submission.student, status, "; ".join(notes), source_hash)
    else:
        result = crew.run(submission.student, submission.path, notes, source_hash)
    write_result(folder, result)
    return result


class Crew:
    """Worker processes, and what they all need."""

    def __init__(
        self, lab: Lab, limits: Limits, bubblewrap: Path | None, fonts: Path, scratch: Path
    ) -> None:
        self.lab = lab
        self.limits = limits
        self.bubblewrap = bubblewrap
        self.fonts = fonts
        self.scratch = scratch
        self._lab = lab.to_json()
        self._settings = self._fingerprint()
        self._running: set[subprocess.Popen[str]] = set()
        self._lock = threading.Lock()
        self._stopped = False

    def _fingerprint(self) -> bytes:
        """Changes with all that a result depends on besides the submission."""
        digest = hashlib.sha256(self.lab.fingerprint().encode())
        settings = [VERSION, asdict(self.limits), self.bubblewrap is not None]
        digest.update(json.dumps(settings, sort_keys=True).encode())
        for path in sorted(package_folder().rglob("*.py")):
            digest.update(path.read_bytes())
        return digest.digest()

    def hash_of(self, content: bytes, *words: str) -> str:
        digest = hashlib.sha256(self._settings + content)
        digest.update("\0".join(words).encode("utf-8", "surrogateescape"))
        return digest.hexdigest()

    def run(
        self, student: str, path: Path, notes: tuple[str, ...], source_hash: str
    ) -> SubmissionResult:
        """Grade one file in a fresh process."""
        own = Path(tempfile.mkdtemp(prefix="w", dir=self.scratch))
        job = {
            "lab": self._lab,
            "student": student,
            "path": str(path.absolute()),
            "notes": list(notes),
            "source_hash": source_hash,
            "bubblewrap": str(self.bubblewrap) if self.bubblewrap else None,
            "fonts": str(self.fonts),
            "limits": asdict(self.limits),
        }
        try:
            said = self._work(json.dumps(job), own)
            result = from_json(json.loads(said))
            # A worker without a sandbox can be made to say anything: about others it may not.
            return replace(result, student=student, source_hash=source_hash)
        except (ValueError, KeyError, TypeError, subprocess.TimeoutExpired) as error:
            if self._stopped:
                raise KeyboardInterrupt from error
            note = f"the grader's own process for this notebook ended: {type(error).__name__}"
            # Without the hash it is tried again by the next run.
            return nothing_ran(self.lab, student, KERNEL_LOST, note, "")
        finally:
            shutil.rmtree(own, ignore_errors=True)

    def _work(self, job: str, own: Path) -> str:
        command = [sys.executable, "-m", "livetorch_labs.worker"]
        with self._lock:
            if self._stopped:
                raise KeyboardInterrupt
            worker = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env=os.environ | {"TMPDIR": str(own)},
                start_new_session=True,
            )
            self._running.add(worker)
        try:
            return worker.communicate(job, timeout=self.limits.total_seconds + 90)[0]
        finally:
            self._end(worker)
            with self._lock:
                self._running.discard(worker)

    def stop(self) -> None:
        """End all workers; each ends its kernel."""
        with self._lock:
            self._stopped = True
            for worker in self._running:
                worker.terminate()

    @staticmethod
    def _end(worker: subprocess.Popen[str]) -> None:
        if worker.poll() is None:
            worker.terminate()
            try:
                worker.wait(timeout=10)
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(worker.pid, signal.SIGKILL)
                worker.wait()
