"""What the tests of the whole tool share."""

from __future__ import annotations

import pytest

from avsep.batch import executors
from avsep.progress import no_progress


@pytest.fixture
def in_this_process(tmp_path, monkeypatch):
    """Work in a folder of its own, and in this process: others wouldn't know a test's faces."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        "avsep.batch.executors.choose_crew",
        lambda choice, options, board, **_: executors.work_alone(choice, options, no_progress),
    )
