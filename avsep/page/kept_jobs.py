"""The list of jobs in a folder of recordings, from one start of the page to the next."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, fields, replace
from pathlib import Path

from avsep.files import replacing
from avsep.page.orders import KINDS, STATES, Job

FILE = ".avsep-page.json"
LARGEST = 1 << 24  # bytes; more has no page written
LATEST = 1e12  # seconds of the epoch that every browser can tell
TEXTS = ("recording", "stage", "error", "hint", "folder")


def keep_jobs(folder: Path, jobs: Iterable[Job]) -> None:
    """Write the jobs of a folder down.

    Raises:
        OutputError: The folder, or the disk, does not allow it.
    """
    with replacing(folder / FILE) as partial:
        partial.write_text(json.dumps([asdict(job) for job in jobs], indent=1), "utf-8")


def read_jobs(folder: Path) -> list[Job]:
    """The jobs of a folder, without searches for faces that are over: their faces are forgotten.

    The file may come from anybody: what is no job is passed by.
    """
    jobs, path = [], folder / FILE
    with suppress(OSError, ValueError, RecursionError):
        if not path.is_file() or path.stat().st_size > LARGEST:
            return []
        for entry in json.loads(path.read_text("utf-8")):
            with suppress(ValueError):
                jobs.append(read_job(entry))
    return [job for job in jobs if job.kind == "split" or not job.is_over]


def read_job(entry: object) -> Job:
    """A job as it was kept; one that was at work waits again.

    Raises:
        ValueError: It is none.
    """
    json.dumps(entry, allow_nan=False)  # as it shall be sent
    known = {item.name for item in fields(Job)}
    try:
        job = Job(**{key: value for key, value in dict(entry).items() if key in known})  # type: ignore[call-overload]
    except TypeError as error:
        raise ValueError(f"{entry!r} is no job") from error
    said = [getattr(job, name) for name in TEXTS]
    if job.kind not in KINDS or job.state not in STATES or not isinstance(job.wanted, Mapping):
        raise ValueError(f"{entry!r} is no job")
    if not all(isinstance(text, str) for text in said):
        raise ValueError(f"{entry!r} holds no texts")
    if not isinstance(job.ordered, float) or not 0 <= job.ordered < LATEST:
        raise ValueError(f"{entry!r} holds no time")
    if job.state == "working":
        job = replace(job, state="waiting", stage="")
    return replace(job, share=None, left=None, faces=0)
