"""A folder with a recording, and who talks to the page about it."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
import uvicorn
from starlette.testclient import TestClient

from avsep.page.guard import name_hosts
from avsep.page.kept_jobs import FILE
from avsep.page.library import Library
from avsep.page.orders import Job
from avsep.page.queue import Queue
from avsep.page.server import make_app
from avsep.page.serving import open_door
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


@pytest.fixture(scope="module")
def chromium():
    """A browser for the tests of one file: others run event loops of their own."""
    playwright = pytest.importorskip("playwright.sync_api", reason="pip install playwright")
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("there is no Chromium")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def address(library, queue) -> Iterator[str]:
    """Where a server answers that does none of its jobs, with the token."""
    with open_door("127.0.0.1", 0) as door:
        hosts = name_hosts("127.0.0.1", door.getsockname()[1])
        app = make_app(library, queue, TOKEN, hosts)
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [door]})
        thread.start()
        yield f"http://{hosts[0]}/?token={TOKEN}"
        server.should_exit = True
        thread.join()


@pytest.fixture
def tab(chromium, address, folder):
    """The page of that server in a browser; no script of it has failed in the end."""
    (folder / "a.mp4").write_bytes(b"x")
    (folder / "b.mp4").write_bytes(b"x")
    context = chromium.new_context(locale="en-GB", accept_downloads=True)
    page = context.new_page()
    wrong = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    waveform = {"seconds": 60, "peaks": [0.5] * 100, "sound": True}
    page.route("**/api/waveforms/**", lambda route: route.fulfill(json=waveform))
    page.goto(address)
    page.get_by_role("button", name="a.mp4").wait_for()
    yield page
    context.close()
    assert wrong == []
