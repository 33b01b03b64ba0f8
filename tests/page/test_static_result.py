"""A result in a browser: which one is shown, and what its page can do."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from avsep.page.kept_jobs import FILE
from avsep.page.orders import Job


@pytest.fixture
def two_results(folder, output, queue):
    """Results of jobs 1 and 2, each with a page that names it and links to a file."""
    jobs = []
    for number, name in enumerate(("a", "b"), 1):
        (output / name).mkdir(parents=True)
        (output / name / "voice.wav").write_bytes(name.encode())
        page = f"<p>page of {name}</p><a href='voice.wav'>file</a>"
        (output / name / "report.html").write_text(page)
        jobs.append(Job(number, "split", f"{name}.mp4", state="done", folder=name))
    (folder / FILE).write_text(json.dumps([asdict(job) for job in jobs]))
    queue.load()


def show(tab, name):
    tab.locator("#jobs li", has_text=f"{name}.mp4").get_by_text("Show the result").click()
    tab.get_by_role("heading", name=f"Result of {name}.mp4").wait_for()
    tab.frame_locator("#report").get_by_text(f"page of {name}").wait_for()


@pytest.mark.usefixtures("two_results")
def test_the_back_button_does_not_show_another_result_under_this_title(tab):
    steps = tab.evaluate("history.length")
    for name in ("a", "b", "a"):
        show(tab, name)
    assert tab.evaluate("history.length") == steps


@pytest.mark.usefixtures("two_results")
def test_a_file_that_the_page_of_a_result_links_to_is_downloaded(tab):
    show(tab, "b")
    with tab.expect_download() as kept:
        tab.frame_locator("#report").get_by_role("link", name="file").click()
    assert kept.value.suggested_filename == "voice.wav"
    assert Path(kept.value.path()).read_bytes() == b"b"
    assert tab.frame_locator("#report").get_by_text("page of b").is_visible()
