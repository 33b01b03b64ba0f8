from __future__ import annotations

from pathlib import Path

import pytest

from avsep.batch.jobs import Task
from avsep.batch.run import Outcome, attempt, run
from avsep.errors import OutputError, WorkError
from avsep.options import Options
from avsep.result import Result

TOOLS = {"weights": {"sha256": "a1", "passes": 1}, "detector": "retinaface"}


def states(tasks: list[Task], options: Options, *, is_dry: bool = False) -> list[str]:
    def crew(tasks):
        return (Outcome(task.source, "done") for task in tasks)

    outcomes = run(tasks, crew, options, TOOLS, is_dry=is_dry)
    return [outcome.state for outcome in outcomes]


@pytest.mark.parametrize(
    ("force", "expected"), [(False, ["skipped", "failed", "done"]), (True, ["done"] * 3)]
)
def test_only_what_is_not_there_yet_is_done_unless_forced(monkeypatch, tmp_path, force, expected):
    def find(task, options, tools):
        if task.name == "other":
            raise OutputError("it was made with other options")
        return Result(task.folder, (), ()) if task.name == "whole" else None

    monkeypatch.setattr("avsep.batch.run.find_finished", find)
    tasks = [Task(Path(f"{name}.mp4"), tmp_path, name) for name in ("whole", "other", "new")]
    assert states(tasks, Options(force=force)) == expected


def test_leftovers_are_cleared_away_wherever_results_go(clip, tmp_path):
    (tmp_path / "day" / ".avsep-0123456789ab").mkdir(parents=True)
    tasks = [Task(clip, tmp_path / "day", "clip")]
    states(tasks, Options(), is_dry=True)
    assert list((tmp_path / "day").iterdir()) != []
    states(tasks, Options())
    assert list((tmp_path / "day").iterdir()) == []


def test_what_is_expected_to_fail_becomes_an_outcome(tmp_path):
    def fail(task):
        raise OutputError(f"no room for {task.source}")

    outcome = attempt(fail, Task(Path("a.mp4"), tmp_path, "a"))
    assert (outcome.state, str(outcome.error)) == ("failed", "no room for a.mp4")


def test_memory_that_runs_out_is_expected_and_a_mistake_is_not(tmp_path):
    def run_out(task):
        raise MemoryError

    def stumble(task):
        raise ZeroDivisionError

    task = Task(Path("a.mp4"), tmp_path, "a")
    assert isinstance(attempt(run_out, task).error, WorkError)
    with pytest.raises(ZeroDivisionError):
        attempt(stumble, task)
