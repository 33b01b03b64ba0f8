"""Recordings spread over a Ray cluster of two machines, of which one is lost."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("ray", reason="Ray isn't installed: pip install 'avsep[ray]'")

from avsep.batch.ray_cluster import connect, find_resources
from avsep.errors import SettingError
from avsep.media.ffmpeg import find_tool

DEBATE = Path(__file__).parents[2] / "examples" / "debate.mp4"
# Ray warns of many things, and starts processes: all of it stays outside of the tests' own.
DRIVER = """
import sys
from functools import partial
from pathlib import Path
from ray.cluster_utils import Cluster
from avsep.pipeline import SeparatorConfig
from avsep.batch.run import run
from avsep.batch.ray_cluster import work_on_cluster
from avsep.batch.jobs import Task
from avsep.options import Options

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    nodes = [cluster.add_node(num_cpus=2) for _ in range(2)]
    cluster.wait_for_nodes()
    begun = set()

    def tell(step):
        if step.source not in begun:
            begun.add(step.source)
            print("began", step.source.name, flush=True)
            if len(begun) == 2:
                cluster.remove_node(nodes.pop(), allow_graceful=False)
                print("lost a machine", flush=True)

    tasks = [Task(path, folder / "out", path.stem) for path in sorted(folder.glob("*.mp4"))]
    config = SeparatorConfig(device="cpu")
    crew = partial(work_on_cluster, config, Options(), cluster.address, tell)
    for outcome in run(tasks, crew, Options(), SeparatorConfig().tools):
        print(outcome.state, outcome.source.name, outcome.error or "", flush=True)
    cluster.shutdown()
"""


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def run_python(*words: str | Path) -> str:
    paths = os.pathsep.join(filter(None, sys.path))
    environment = {**os.environ, "PYTHONPATH": paths, "RAY_USAGE_STATS_ENABLED": "0"}
    command = [sys.executable, *map(str, words)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


def test_a_lost_machines_recordings_are_done_again_and_all_are_the_same_bytes(tmp_path):
    for number in range(3):
        cut = ["-ss", str(2 * number), "-i", DEBATE, "-t", "1.2", "-s", "640x360"]
        clip = tmp_path / f"{number}.mp4"
        subprocess.run([find_tool("ffmpeg"), "-nostdin", "-v", "error", *cut, clip], check=True)
    (tmp_path / "driver.py").write_text(DRIVER)
    told = run_python(tmp_path / "driver.py", tmp_path).splitlines()
    assert "lost a machine" in told
    assert sorted(line.strip() for line in told if line.startswith("done")) == [
        "done 0.mp4", "done 1.mp4", "done 2.mp4"
    ]  # fmt: skip
    local = ["-m", "avsep", "-q", "split", *sorted(tmp_path.glob("*.mp4")), "-o"]
    run_python(*local, tmp_path / "local", "--device", "cpu")
    for summary in (tmp_path / "local").glob("summary.*"):
        summary.unlink()
    assert contents(tmp_path / "out") == contents(tmp_path / "local")


def test_a_cluster_that_is_not_there_is_an_expected_failure(monkeypatch):
    import ray

    def refuse(**_):
        raise ConnectionError("nobody answers\nat all")

    monkeypatch.setattr(ray, "init", refuse)
    with pytest.raises(SettingError, match=r"no Ray cluster at far:1: nobody answers$"):
        connect("far:1")


class Ray:
    """What a cluster says it has."""

    def __init__(self, *nodes: dict[str, float]) -> None:
        self._nodes = nodes

    def nodes(self):
        return [{"Alive": True, "Resources": resources} for resources in self._nodes]

    def cluster_resources(self):
        return {name: count for resources in self._nodes for name, count in resources.items()}


@pytest.mark.parametrize(
    ("nodes", "device", "taken"),
    [
        ([{"CPU": 8}, {"CPU": 1}], "auto", {"num_cpus": 2}),
        ([{"CPU": 1}, {}], "auto", {"num_cpus": 1}),
        ([{"CPU": 8}, {"CPU": 8, "GPU": 1}], "auto", {"num_cpus": 1, "num_gpus": 1}),
        ([{"CPU": 8, "GPU": 1}], "cpu", {"num_cpus": 2}),
    ],
)
def test_a_recording_takes_a_gpu_or_else_two_cores(nodes, device, taken):
    from avsep.pipeline import SeparatorConfig

    assert find_resources(Ray(*nodes), SeparatorConfig(device=device)) == taken


def test_a_cluster_without_cores_is_refused():
    from avsep.pipeline import SeparatorConfig

    with pytest.raises(SettingError, match="no cores"):
        find_resources(Ray({}), SeparatorConfig())
