"""The page's jobs, one after the other, kept over a restart."""

from __future__ import annotations

import logging
import multiprocessing
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import PurePosixPath
from typing import Any, TypeAlias

from avsep.batch.processes import explain_end
from avsep.children import PATIENCE, end_process
from avsep.errors import AvsepError, MediaError, WorkError
from avsep.options import Options
from avsep.outputs.checks import check_packages
from avsep.page.faces import Faces
from avsep.page.kept_jobs import keep_jobs, read_jobs
from avsep.page.library import Library, Root, check_stamp, stamp
from avsep.page.messages import Failed, Finished, Found, Order, Said, Seen, Stage
from avsep.page.orders import Job, Kind, read_options, read_ranges_of
from avsep.page.places import check_free
from avsep.page.usual import DEFAULTS, Usual
from avsep.page.worker import serve
from avsep.pipeline import SeparatorConfig
from avsep.refusals import explain

_log = logging.getLogger(__name__)

Hands: TypeAlias = tuple[BaseProcess, Connection]
KEPT = 200  # jobs that are remembered


class Queue:
    """Jobs in the order they came, and the process that does them.

    Args:
        library: Where recordings and results lie.
        config: What separates.
        usual: What is wanted where a job says nothing.
    """

    def __init__(self, library: Library, config: SeparatorConfig, usual: Usual = DEFAULTS) -> None:
        self.library, self.config, self.usual = library, config, usual
        self._jobs: dict[int, Job] = {}
        self._faces: dict[int, Faces] = {}
        self._last = 0
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
            ended = self._part_with_process()
        _end(ended)
        if self._thread.is_alive():
            self._thread.join(PATIENCE)

    def add(self, kind: Kind, recording: str, wanted: Mapping[str, Any]) -> Job:
        """Put a job at the end.

        Raises:
            AvsepError: There is no such recording, it asks for something impossible, or a result
                is there that it shall not replace.
        """
        options = self._read(recording, wanted)
        check_packages(options)
        if kind == "split":
            place = self.library.choose_output(recording)
            check_free(self.library.find(recording), place, options)
        with self._news:
            self._last += 1
            job = Job(self._last, kind, recording, dict(wanted), ordered=time.time())
            self._jobs[job.number] = job
            over = [number for number, other in self._jobs.items() if other.is_over]
            for number in over[: max(0, len(self._jobs) - KEPT)]:
                self._forget(number)
            self._save(recording)
            self._news.notify_all()
        return job

    def cancel(self, number: int) -> None:
        """Take a job out that waits, end one that is under way, forget one that is over."""
        with self._news:
            job = self._jobs.get(number)
            if job is None:
                return
            if job.is_over:
                self._forget(number)
            else:
                self._jobs[number] = replace(job, state="cancelled", stage="")
            self._save(job.recording)
            # Taken away at once: the next job may begin before it has ended.
            ended = self._part_with_process() if job.state == "working" else None
        _end(ended)

    def jobs(self) -> list[Job]:
        """All jobs, the first first."""
        with self._news:
            return list(self._jobs.values())

    def get(self, number: int) -> Job | None:
        """A job by its number."""
        with self._news:
            return self._jobs.get(number)

    def faces(self, number: int) -> Faces:
        """What a job has seen of people."""
        with self._news:
            return self._faces.get(number) or Faces()

    def load(self) -> None:
        """Take up the jobs of the last time: what was at work waits again, faces are forgotten."""
        found = [
            replace(job, recording=self.library.call(root, job.recording))
            for root in self.library.roots
            for job in map(partial(_tame, root), read_jobs(root.folder))
        ]
        self._jobs = {n: replace(job, number=n) for n, job in enumerate(found, 1)}
        self._last = len(found)

    def _forget(self, number: int) -> None:
        del self._jobs[number]
        self._faces.pop(number, None)

    def _work(self) -> None:
        while (job := self._take()) is not None:
            try:
                self._do(job)
            except Exception as error:  # noqa: BLE001 - else all later jobs would wait for ever
                known = error if isinstance(error, AvsepError) else explain(error)
                if known is None:  # a mistake of ours fails its job, and the next is done
                    _log.exception("job %d", job.number)
                    self._change(job.number, state="failed", error=repr(error))
                else:
                    self._change(job.number, state="failed", error=str(known), hint=known.hint)

    def _take(self) -> Job | None:
        """The next job, waited for; None once the queue is closed."""
        with self._news:
            while not self._closing:
                waiting = [job for job in self._jobs.values() if job.state == "waiting"]
                if waiting:
                    job = self._jobs[waiting[0].number] = replace(waiting[0], state="working")
                    self._save(job.recording)
                    return job
                self._news.wait()
        return None

    def _do(self, job: Job) -> None:
        options = self._read(job.recording, job.wanted)
        source = self.library.find(job.recording)
        place = self.library.choose_output(job.recording)
        with self._news:
            self._faces[job.number] = Faces(stamp=stamp(source))
        try:
            pipe = self._open_process(job.number)
            pipe.send(Order(source, place, options, job.kind == "people"))
            while isinstance(said := pipe.recv(), (Stage, Seen)):
                self._hear(job.number, said)
        except (EOFError, OSError):
            hands = self._part_with_process()
            _end(hands)
            code = hands[0].exitcode if hands else None
            self._bury(job.number, explain_end(job.recording, code))
            return
        self._conclude(job, said)

    def _read(self, recording: str, wanted: Mapping[str, Any]) -> Options:
        """What a job asks for, together with what is usual for its recording."""
        source, preset = self.library.find(recording), str(wanted.get("preset") or "")
        check_stamp(source, str(wanted.get("stamp") or ""))
        return read_options(wanted, self.usual.choose(source, preset, read_ranges_of(wanted)))

    def _hear(self, number: int, said: Stage | Seen) -> None:
        if isinstance(said, Stage):
            self._change(number, **_describe_stage(said))
            return
        with self._news:
            if number in self._jobs:
                faces = self._faces.setdefault(number, Faces())
                faces.seen.append(said.portrait)
                self._change(number, faces=len(faces.seen))

    def _conclude(self, job: Job, said: Said) -> None:
        match said:
            case Found(people, portraits):
                with self._news:
                    if job.number in self._jobs:
                        known = self.faces(job.number).stamp
                        self._faces[job.number] = Faces([], people, portraits, known)
                self._change(job.number, state="done", faces=0)
            case Finished(folder):
                root, _ = self.library.locate(job.recording)
                below = folder.relative_to(root.output).as_posix()
                self._mark_replaced(root, below)
                self._change(job.number, state="done", folder=below, faces=0)
            case Failed(error, hint):
                self._change(job.number, state="failed", error=error, hint=hint, faces=0)

    def _mark_replaced(self, root: Root, folder: str) -> None:
        with self._news:
            for number, job in self._jobs.items():
                if job.folder == folder and self.library.locate(job.recording)[0] == root:
                    self._jobs[number] = replace(job, replaced=True)

    def _bury(self, number: int, error: WorkError) -> None:
        """What becomes of a job whose process is gone: it was cancelled, or waits, or failed."""
        if self._closing:
            self._change(number, state="waiting", stage="")
            return
        self._change(number, state="failed", error=error.message, hint=error.hint)

    def _change(self, number: int, **changes: Any) -> None:  # noqa: ANN401
        """Change a job, unless somebody has cancelled it meanwhile."""
        with self._news:
            job = self._jobs.get(number)
            if job is None or job.is_over:
                return
            self._jobs[number] = replace(job, **changes)
            if "state" in changes:
                self._save(job.recording)

    def _open_process(self, number: int) -> Connection:
        """The pipe to the process, which is started if there is none, for a job that is wanted."""
        with self._news:
            job = self._jobs.get(number)
            if self._closing or job is None or job.is_over:
                raise EOFError
            if self._process is None or self._pipe is None or not self._process.is_alive():
                context = multiprocessing.get_context("spawn")
                self._pipe, other = context.Pipe()
                self._process = context.Process(target=serve, args=(other, self.config))
                self._process.start()
                other.close()
            return self._pipe

    def _part_with_process(self) -> Hands | None:
        """The process with its pipe, which the queue then has no more."""
        with self._news:
            process, pipe = self._process, self._pipe
            self._process = self._pipe = None
        return None if process is None or pipe is None else (process, pipe)

    def _save(self, recording: str) -> None:
        """Keep the jobs of one folder; what can't be kept is done all the same."""
        with suppress(MediaError):
            root, _ = self.library.locate(recording)
            try:
                keep_jobs(root.folder, self._list_of(root.label))
            except (AvsepError, OSError) as error:
                _log.warning("jobs won't outlive the server: %s", error)

    def _list_of(self, label: str) -> Iterable[Job]:
        for job in self._jobs.values():
            root, rest = self.library.locate(job.recording)
            if root.label == label:
                yield replace(job, recording=rest)


def _tame(root: Root, job: Job) -> Job:
    """A kept job, which replaces nothing outside the folder whose list it comes from.

    Such a folder may come from anybody.
    """
    place = root.output.joinpath(*PurePosixPath(job.recording).parts[:-1]).resolve()
    inside = place.is_relative_to(root.folder.resolve())
    if inside and not (place.is_dir() and any(path.is_symlink() for path in place.iterdir())):
        return job
    return replace(job, wanted={**job.wanted, "force": False})


def _end(hands: Hands | None) -> None:
    if hands is not None:
        process, pipe = hands
        process.terminate()  # while its pipe is open: at a closed one it would end by itself, too
        end_process(process)
        pipe.close()


def _describe_stage(stage: Stage) -> dict[str, Any]:
    share = min(1.0, stage.done / stage.total) if stage.total else None
    left = stage.seconds * (1 - share) / share if share else None
    return {"stage": stage.what, "share": share, "left": left}
