"""A folder with a recording, and who talks to the page about it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from avsep.page.kept_jobs import FILE
from avsep.page.library import Library
from avsep.page.orders import Job
from avsep.page.queue import Queue
from avsep.page.server import make_app
from avsep.pipeline import SeparatorConfig
from page_set import HOST, TOKEN


@pytest.fixture
def library(tmp_path) -> Library:
    (tmp_path / "videos").mkdir()
    return Library.of([tmp_path / "videos"])


@pytest.fixture
def folder(library) -> Path:
    """Where the recordings lie."""
    return library.roots[0].folder


@pytest.fixture
def output(library) -> Path:
    """Where results go."""
    return library.roots[0].output


@pytest.fixture
def queue(library) -> Queue:
    """One that has not begun to work."""
    return Queue(library, SeparatorConfig())


@pytest.fixture
def stranger(library, queue) -> Iterator[TestClient]:
    """A browser without the token."""
    app = make_app(library, queue, TOKEN, [HOST])
    with TestClient(app, f"http://{HOST}", follow_redirects=False) as client:
        yield client


@pytest.fixture
def browser(stranger) -> TestClient:
    """One that has opened the address with the token."""
    assert stranger.get("/", params={"token": TOKEN}).status_code == 303
    return stranger


@pytest.fixture
def result(folder, output, queue) -> Path:
    """The folder of a result, of job 1."""
    made = output / "talk"
    made.mkdir(parents=True)
    (made / "speaker-1.wav").write_bytes(bytes(range(200)))
    (made / "report.html").write_text("<p>talk</p>")
    job = Job(1, "split", "talk.mp4", state="done", folder="talk")
    (folder / FILE).write_text(json.dumps([asdict(job)]))
    queue.load()
    return made
