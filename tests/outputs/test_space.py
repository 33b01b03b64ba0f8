from __future__ import annotations

from dataclasses import replace

import pytest

from avsep.errors import MediaError, OutputError
from avsep.media.probing import probe
from avsep.media.streams import Selection
from avsep.options import Options
from avsep.outputs import space as needs
from avsep.outputs.catalogue.replay import Replay
from avsep.outputs.space import check_disk, check_memory, estimate_disk, measure_memory


def test_the_estimate_covers_what_is_written(clip):
    info = probe(clip)
    sound = round(info.duration * 44_100) * 2 * 4
    two = estimate_disk(info, Options(), 2, 0)
    faces = 2 * info.duration * needs.PORTRAITS_RATE
    assert two == pytest.approx(5 * sound + 4 * info.duration * 64_000 + faces + 2**20, rel=0.01)
    assert estimate_disk(info, Options(video=True), 2, 0) - two == 2 * clip.stat().st_size
    assert estimate_disk(info, Options(), 2, 80) - two == 2 * round(info.duration * 25) * 6400


def test_each_product_brings_its_own_size(clip):
    info = probe(clip)
    plain, file, sound = estimate_disk(info, Options(), 2, 0), clip.stat().st_size, 2 * 44_100 * 8
    # Of the replay also a minute of its frames, at 25 a second and 0.3 bytes a pixel.
    sizes = {
        "mkv": (True, file + 3 * sound),
        "replay": (Replay(), 3 * (file + sound) + 60 * 25 * 160 * 120 * 0.3),
        "report": (True, 2 * 60_000),
        "labels": (True, 0),
    }
    for name, (asked, size) in sizes.items():
        more = estimate_disk(info, Options(**{name: asked}), 2, 0) - plain
        assert more == pytest.approx(size, rel=0.02, abs=2), name


def test_what_will_not_fit_is_refused_with_both_sizes(clip, tmp_path):
    check_disk(tmp_path / "new" / "newer", 1000, clip)
    with pytest.raises(OutputError, match=r"needs about 1000000\.0 GB on the disk") as caught:
        check_disk(tmp_path / "new" / "newer", 10**15, clip)
    assert "--output-dir" in caught.value.hint


def test_pictures_too_large_for_the_memory_are_refused(clip, monkeypatch):
    monkeypatch.setattr(needs, "measure_memory", lambda: 1_000_000)
    with pytest.raises(MediaError, match=r"pictures of 160x120.* 1\.0 MB are free"):
        check_memory(probe(clip))


def test_a_system_that_does_not_tell_its_memory_refuses_nothing(clip, monkeypatch):
    monkeypatch.setattr(needs, "measure_memory", lambda: None)
    huge = replace(probe(clip).video, width=10**6, height=10**6)
    info = replace(probe(clip), selection=Selection((), huge))
    check_memory(info)
    monkeypatch.setattr(needs, "measure_memory", lambda: 10**12)
    with pytest.raises(MediaError, match="1000000x1000000"):
        check_memory(info)


def test_the_free_memory_of_a_container_is_what_its_limit_leaves(tmp_path):
    assert measure_memory() is None or measure_memory() > 0
    (tmp_path / "memory.max").write_text("3000\n")
    (tmp_path / "memory.current").write_text("1000\n")
    assert needs._measure_share(tmp_path) == [2000]
    (tmp_path / "memory.max").write_text("max\n")
    assert needs._measure_share(tmp_path) == []
