"""Recordings by several processes: the same results, and a process that dies harms no other."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path

import pytest
import torch

from avsep.batch.jobs import Task
from avsep.batch.processes import WorkerSetup, work_in_processes
from avsep.batch.run import run
from avsep.batch.shared_network import SharedNetwork
from avsep.errors import WorkError
from avsep.model.checkpoint import save_model
from avsep.model.config import TINY
from avsep.model.network import SeparationNetwork
from avsep.options import Options
from avsep.outputs.folder import clear_leftovers
from avsep.pipeline import split

TOOLS = {"weights": {"model": "tiny", "sha256": "a1", "passes": 1}, "detector": "retinaface"}


@pytest.fixture(autouse=True)
def importable_fakes(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1]))


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return SeparationNetwork(TINY).eval()


@pytest.fixture
def weights(network, tmp_path) -> Path:
    path = tmp_path / "tiny.safetensors"
    save_model(network, path)
    return path


@pytest.fixture
def make_setup(network, weights):
    def make(build: str, *details: Path) -> WorkerSetup:
        import fakes

        loader = partial(getattr(fakes, build), *details, weights)
        return WorkerSetup(SharedNetwork.share(network), loader, Options(), threads=1)

    return make


def make_tasks(clip: Path, folder: Path, names: str) -> list[Task]:
    folder.mkdir(exist_ok=True)
    for name in names:
        shutil.copy(clip, folder / f"{name}.mp4")
    return [Task(folder / f"{name}.mp4", folder / "out", name) for name in names]


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_where_no_memory_can_be_shared_one_sentence_says_so(monkeypatch):
    def refuse(_):
        raise RuntimeError("unable to open shared memory object")

    monkeypatch.setattr(torch.Tensor, "share_memory_", refuse)
    with pytest.raises(WorkError, match="unable to open") as refused:
        SharedNetwork.share(SeparationNetwork(TINY))
    assert "one at a time" in refused.value.hint


def test_a_shared_network_is_the_same_network(network):
    opened = SharedNetwork.share(network).open()
    assert not opened.training
    for name, value in network.state_dict().items():
        same = opened.state_dict()[name]
        assert torch.equal(same, value)
        assert same.stride() == value.stride()  # or last bits of the results would differ


def test_processes_give_the_same_bytes_and_say_how_far_they_are(
    clip, network, weights, make_setup, tmp_path
):
    import fakes

    setup = make_setup("build")
    tasks = make_tasks(clip, tmp_path / "several", "ab")
    steps = []
    outcomes = list(work_in_processes(setup, 2, steps.append, tasks))
    assert [outcome.state for outcome in outcomes] == ["done", "done"]
    assert {step.stage for step in steps} >= {"looking for faces", "separating voices"}
    assert {step.source for step in steps} == {task.source for task in tasks}
    separator = fakes.build(weights, network)
    for task in tasks:
        alone = split(task.source, tmp_path / "alone", separator).folder
        assert contents(task.folder) == contents(alone)


def test_a_process_that_is_killed_fails_its_recording_alone(clip, make_setup, tmp_path):
    tasks = make_tasks(clip, tmp_path / "in", "ab")
    crew = partial(work_in_processes, make_setup("build_to_die"), 1, print)
    outcomes = list(run(tasks, crew, Options(), TOOLS))
    assert [str(outcome.source.stem) for outcome in outcomes] == ["a", "b"]
    for outcome in outcomes:
        assert outcome.error.message.endswith("was ended by SIGKILL")
        assert "--jobs" in outcome.error.hint
    assert list((tmp_path / "in" / "out").iterdir()) == []


@pytest.mark.parametrize(
    ("build", "said"),
    [
        ("build_nobody", ("the weights of the detector can't be fetched", "Copy them here.")),
        ("build_without_memory", ("{}: there is not enough memory", "--jobs")),
    ],
)
def test_a_process_that_cannot_be_set_up_says_why_itself(
    clip, make_setup, tmp_path, capfd, build, said
):
    message, hint = said
    tasks = make_tasks(clip, tmp_path / "in", "ab")
    crew = partial(work_in_processes, make_setup(build), 1, print)
    outcomes = list(run(tasks, crew, Options(), TOOLS))
    assert [outcome.error.message for outcome in outcomes] == [
        message.format(task.source) for task in tasks
    ]
    assert all(hint in outcome.error.hint for outcome in outcomes)
    assert "Traceback" not in capfd.readouterr().err


def test_a_mistake_of_ours_keeps_its_traceback_and_stops_nothing(
    clip, make_setup, tmp_path, capfd
):
    tasks = make_tasks(clip, tmp_path / "in", "ab")
    crew = partial(work_in_processes, make_setup("build_wrongly"), 1, print)
    outcomes = list(run(tasks, crew, Options(), TOOLS))
    assert [outcome.state for outcome in outcomes] == ["failed", "failed"]
    assert "nobody expected this" in capfd.readouterr().err


def test_stopping_ends_the_processes_and_cleans_up(clip, make_setup, tmp_path):
    tasks = make_tasks(clip, tmp_path / "in", "a")
    note = tmp_path / "note"
    work = work_in_processes(make_setup("build_to_wait", note), 1, print, tasks)
    threading.Thread(target=lambda: (wait_for(note), interrupt()), daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        next(work)
    work.close()
    assert has_ended(int(note.read_text()))
    assert list((tmp_path / "in" / "out").iterdir()) == []


def interrupt() -> None:
    signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)


def wait_for(note: Path) -> None:
    for _ in range(600):
        if note.exists() and note.read_text():
            return
        time.sleep(0.1)


def has_ended(process: int) -> bool:
    for _ in range(100):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


PARENT = """
import sys
from functools import partial
from pathlib import Path
import fakes, torch
from avsep.model.network import SeparationNetwork
from avsep.model.config import TINY
from avsep.batch.shared_network import SharedNetwork
from avsep.batch.jobs import Task
from avsep.options import Options
from avsep.batch.processes import WorkerSetup
from avsep.batch.processes import work_in_processes
if __name__ == "__main__":
    source, note, output = map(Path, sys.argv[1:])
    build = partial(fakes.build_to_wait, note, source)
    setup = WorkerSetup(SharedNetwork.share(SeparationNetwork(TINY)), build, Options(), 1)
    list(work_in_processes(setup, 1, print, [Task(source, output, "a")]))
"""


def test_processes_end_with_their_parent_even_if_it_is_killed(clip, tmp_path):
    note, script, output = tmp_path / "note", tmp_path / "parent.py", tmp_path / "out"
    script.write_text(PARENT)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, script, clip, note, output]
    with subprocess.Popen(command, env=environment) as parent:
        wait_for(note)
        parent.kill()
    assert has_ended(int(note.read_text()))
    clear_leftovers(output)
    assert list(output.iterdir()) == []
