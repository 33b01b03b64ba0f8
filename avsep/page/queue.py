"""The page's jobs, one after the other, kept over a restart."""

from __future__ import annotations

import json
import multiprocessing
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, fields, replace
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from avsep.batch.processes import PATIENCE, end_process
from avsep.errors import AvsepError
from avsep.files import replacing
from avsep.page.library import Library
from avsep.page.orders import Job, Kind, read_options
from avsep.page.worker import Failed, Finished, Found, Order, Said, Stage, serve
from avsep.pipeline import SeparatorConfig

KEPT = 200  # jobs that are remembered
FILE = ".avsep-page.json"  # in the folder of the recordings


class Queue:
    """Jobs in the order they came, and the process that does them.

    Args:
        library: Where recordings and results lie.
        config: What separates.
    """

    def __init__(self, library: Library, config: SeparatorConfig) -> None:
        self.library, self.config = library, config
        self.portraits: dict[tuple[int, int], bytes] = {}
        self._jobs: dict[int, Job] = {}
        self._news = threading.Condition()
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None
        self._closing = False
        self.load()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def close(self) -> None:
        """End what is under way; it begins anew at the next start."""
        with self._news:
            self._closing = True
            self._news.notify_all()
        self._end_process()
        if self._thread.is_alive():
            self._thread.join(PATIENCE)

    def add(self, kind: Kind, recording: str, wanted: Mapping[str, Any]) -> Job:
        """Put a job at the end.

        Raises:
            AvsepError: There is no such recording, or it asks for something impossible.
        """
        self.library.find(recording)
        read_options(wanted)
        with self._news:
            job = Job(max(self._jobs, default=0) + 1, kind, recording, dict(wanted))
            self._jobs[job.number] = job
            self._save()
            self._news.notify_all()
        return job

    def cancel(self, number: int) -> None:
        """Take a job out that waits, end one that is under way, forget one that is over."""
        with self._news:
            job = self._jobs.get(number)
            if job is None:
                return
            if job.is_over:
                del self._jobs[number]
            else:
                self._jobs[number] = replace(job, state="cancelled", stage="")
            self._save()
        if job.state == "working":
            self._end_process()

    def jobs(self) -> list[Job]:
        """All jobs, the first first."""
        with self._news:
            return list(self._jobs.values())

    def get(self, number: int) -> Job | None:
        """A job by its number."""
        with self._news:
            return self._jobs.get(number)

    def _work(self) -> None:
        while (job := self._take()) is not None:
            try:
                self._do(job)
            except AvsepError as error:
                self._change(job.number, state="failed", error=str(error), hint=error.hint)

    def _take(self) -> Job | None:
        """The next job, waited for; None once the queue is closed."""
        with self._news:
            while not self._closing:
                waiting = [job for job in self._jobs.values() if job.state == "waiting"]
                if waiting:
                    job = self._jobs[waiting[0].number] = replace(waiting[0], state="working")
                    self._save()
                    return job
                self._news.wait()
        return None

    def _do(self, job: Job) -> None:
        options = read_options(job.wanted)
        source = self.library.find(job.recording)
        place = self.library.output / Path(job.recording).parent
        pipe = self._open_process()
        try:
            pipe.send(Order(source, place, options, job.kind == "people"))
            while isinstance(said := pipe.recv(), Stage):
                self._change(job.number, **_describe_stage(said))
        except (EOFError, OSError):
            self._end_process()
            self._bury(job.number)
            return
        self._conclude(job.number, said)

    def _conclude(self, number: int, said: Said) -> None:
        match said:
            case Found(people, portraits):
                for person, portrait in zip(people, portraits, strict=True):
                    self.portraits[number, person["number"]] = portrait
                self._change(number, state="done", people=people)
            case Finished(folder):
                below = folder.relative_to(self.library.output).as_posix()
                self._change(number, state="done", folder=below)
            case Failed(error, hint):
                self._change(number, state="failed", error=error, hint=hint)

    def _bury(self, number: int) -> None:
        """What becomes of a job whose process is gone: it was cancelled, or waits, or failed."""
        if self._closing:
            self._change(number, state="waiting", stage="")
            return
        self._change(
            number,
            state="failed",
            error="the process that worked on it was ended",
            hint="Mostly memory was short: close other programs and try again.",
        )

    def _change(self, number: int, **changes: Any) -> None:  # noqa: ANN401
        """Change a job, unless somebody has cancelled it meanwhile."""
        with self._news:
            job = self._jobs.get(number)
            if job is None or job.is_over:
                return
            self._jobs[number] = replace(job, **changes)
            if "state" in changes:
                self._save()

    def _open_process(self) -> Connection:
        """The pipe to the process, which is started if there is none."""
        with self._news:
            if self._closing:
                raise EOFError
            if self._process is None or self._pipe is None or not self._process.is_alive():
                context = multiprocessing.get_context("spawn")
                self._pipe, other = context.Pipe()
                self._process = context.Process(target=serve, args=(other, self.config))
                self._process.start()
                other.close()
            return self._pipe

    def _end_process(self) -> None:
        with self._news:
            process, pipe = self._process, self._pipe
            self._process = self._pipe = None
        if process is None or pipe is None:
            return
        process.terminate()  # while its pipe is open: at a closed one it would end by itself, too
        end_process(process)
        pipe.close()

    def load(self) -> None:
        """Take up the jobs of the last time: what was at work waits again, faces are forgotten."""
        with suppress(OSError, ValueError):
            entries = json.loads((self.library.folder / FILE).read_text())
            jobs = [_read_job(entry) for entry in entries]
            self._jobs = {job.number: job for job in jobs if job.kind == "split"}

    def _save(self) -> None:
        jobs = [asdict(job) for job in self._jobs.values()][-KEPT:]
        with replacing(self.library.folder / FILE) as partial:
            partial.write_text(json.dumps(jobs, indent=1))


def _describe_stage(stage: Stage) -> dict[str, Any]:
    share = min(1.0, stage.done / stage.total) if stage.total else None
    left = stage.seconds * (1 - share) / share if share else None
    return {"stage": stage.what, "share": share, "left": left}


def _read_job(entry: object) -> Job:
    """A job as it was kept.

    Raises:
        ValueError: It is none.
    """
    known = {item.name for item in fields(Job)}
    try:
        job = Job(**{key: value for key, value in dict(entry).items() if key in known})  # type: ignore[call-overload]
    except TypeError as error:
        raise ValueError(f"{entry!r} is no job") from error
    if not isinstance(job.number, int):
        raise ValueError(f"{job.number!r} is no number")  # noqa: TRY004 - as of all that is wrong here
    if job.state == "working":
        return replace(job, state="waiting", stage="", share=None, left=None)
    return job
