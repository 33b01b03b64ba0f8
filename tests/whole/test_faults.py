"""Recordings of every awkward kind, each with what `split` makes of it.

The table DONE holds what comes out whole: every voice as long as the recording's sound, and
voices and rest together the recording. The table REFUSED holds what is refused with a
sentence, and leaves nothing behind.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import soundfile

from avsep.cli.app import app
from avsep.errors import AvsepError, FaceError, MediaError, OutputError
from avsep.faces.detectors import Face
from avsep.media.probing import probe
from avsep.media.reading import read_audio, read_frames
from avsep.outputs import space as needs
from avsep.pipeline import split

POINTS = np.array([[14, 18], [26, 18], [20, 25], [15, 32], [25, 32]], np.float32)
BOX = np.array([5, 5, 35, 45], np.float32)


def frames(size: str = "160x120", rate: str = "25", seconds: float = 1) -> list[str]:
    return ["-f", "lavfi", "-i", f"testsrc2=size={size}:rate={rate}:duration={seconds}"]


def still(size: str = "160x120") -> list[str]:
    return ["-f", "lavfi", "-i", f"color=gray:size={size}:rate=25:duration=1"]


def tone(rate: int = 44_100, seconds: float = 1, gain: float = 1) -> list[str]:
    source = f"sine=frequency=440:sample_rate={rate}:duration={seconds}"
    return ["-f", "lavfi", "-i", f"{source},volume={gain}"]


QUICK = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"]
TURNED = ["-metadata:s:v", "rotate=90"]
ONE_SIDE = "aeval=val(0)|0:c=stereo"
SURROUND = ["-ac", "6", "-c:a", "flac"]
INTERLACED = ["-vf", "tinterlace=interleave_top,setfield=tff", "-flags", "+ildct+ilme"]
UNEVEN = ["-vf", "select='not(mod(n,3))+eq(n,10)'", "-fps_mode", "vfr"]
DONE = {
    "29.97.mp4": [*frames(rate="30000/1001"), *tone(), *QUICK],
    "24.mkv": [*frames(rate="24"), *tone(), *QUICK],
    "uneven.mp4": [*frames(rate="60"), *tone(), *UNEVEN, *QUICK],
    "50i.ts": [*frames(rate="50"), *tone(), *INTERLACED, "-c:v", "mpeg2video", "-q:v", "4"],
    "oblong.mp4": [*frames("120x90"), *tone(), "-vf", "setsar=4/3", *QUICK],
    "late-sound.mp4": [*frames(), "-itsoffset", "0.4", *tone(seconds=0.6), *QUICK],
    "short-sound.mp4": [*frames(), *tone(seconds=0.5), *QUICK],
    "long-sound.mp4": [*frames(), *tone(seconds=1.5), *QUICK],
    "surround.mkv": [*frames(), *tone(), *SURROUND, *QUICK],
    "one-side.mkv": [*frames(), *tone(), "-af", ONE_SIDE, "-c:a", "flac", *QUICK],
    "8k.mkv": [*frames(), *tone(8_000), "-c:a", "pcm_s16le", *QUICK],
    "96k.mkv": [*frames(), *tone(96_000), "-c:a", "pcm_s24le", *QUICK],
    "silent.mp4": [*frames(), *tone(gain=0), *QUICK],
    "clipped.mkv": [*frames(), *tone(gain=90), "-c:a", "pcm_s16le", *QUICK],
    "small.webm": [*frames(), *tone(48_000), "-c:v", "libvpx", "-c:a", "libopus"],
    "old.avi": [*frames(), *tone(), "-c:v", "mpeg4", "-c:a", "pcm_s16le"],
}
ODD_NAMES = (
    "two words.mp4", "[a] (b).mp4", "it's \"so\".mp4", "Zoë 試.mp4", "new\nline.mp4", "-o.mp4",
    "%d $HOME *.mp4", "n" * 246 + ".mp4",
)  # fmt: skip


@pytest.fixture(scope="module")
def work(weights, make_separator):
    """Split a recording in which the detector sees these faces, or does something else."""

    def run(source, output, detect=lambda image: [Face(BOX, POINTS, 0.99)]):
        return split(source, output, make_separator(weights, detect))

    return run


def read(path: Path) -> np.ndarray:
    return soundfile.read(path, dtype="float32", always_2d=True)[0].T


def check_whole(result, source: Path) -> None:
    """Every voice at the sound's rate and as long, or as the picture; together the recording."""
    info = probe(source)
    sound = read_audio(info)
    shown = sum(1 for _ in read_frames(info)) * sound.sample_rate // 25
    silence = max(0, shown - sound.samples.shape[1])  # after a sound that ends before the picture
    expected = np.pad(sound.samples, ((0, 0), (0, silence)))
    parts = [read(voice.path) for voice in result.voices] + [read(result.folder / "rest.wav")]
    assert {part.shape for part in parts} == {expected.shape}
    assert soundfile.info(result.voices[0].path).samplerate == sound.sample_rate
    np.testing.assert_allclose(np.sum(parts, 0), expected, atol=1e-5)
    assert [path.name for path in result.folder.parent.iterdir()] == [result.folder.name]


@pytest.mark.parametrize("name", DONE)
def test_awkward_recordings_come_out_whole(make_media, work, tmp_path, name):
    source = make_media(name, *DONE[name])
    check_whole(work(source, tmp_path), source)


def test_a_recording_that_was_filmed_upright_is_looked_at_upright(make_media, work, tmp_path):
    lying = make_media("lying.mp4", *frames(), *tone(), *QUICK)
    source = make_media("phone.mp4", "-display_rotation", "-90", "-i", lying, "-c", "copy")
    shapes = []

    def look(image):
        shapes.append(image.shape[:2])
        return [Face(BOX, POINTS, 0.99)]

    check_whole(work(source, tmp_path, look), source)
    assert shapes[0] == (160, 120)


def test_a_poster_gets_a_voice_as_everybody_does(make_media, work, tmp_path):
    source = make_media("poster.mp4", *still(), *tone(), *QUICK)
    assert len(work(source, tmp_path).voices) == 1


def test_fifty_faces_get_fifty_voices(make_media, work, tmp_path):
    source = make_media("crowd.mp4", *still("800x400"), *tone(8_000), *QUICK)
    moves = [np.float32([75 * (n % 10), 75 * (n // 10)]) for n in range(50)]

    def look(image):
        height, width = image.shape[:2]
        if width != 2 * height:  # a part of the picture
            return []
        scale = np.float32(width / 800)
        return [
            Face((BOX + np.tile(move, 2)) * scale, (POINTS + move) * scale, 0.9) for move in moves
        ]

    result = work(source, tmp_path, look)
    assert len(result.voices) == 50
    check_whole(result, source)


def test_who_comes_after_a_black_start_is_silent_until_then(make_media, work, tmp_path):
    black = "drawbox=color=black:thickness=fill:enable='lt(t,1)'"
    source = make_media(
        "black.mkv", *frames(seconds=2), *tone(seconds=2), "-vf", black, "-c:a", "flac", *QUICK
    )

    def look(image):
        return [Face(BOX, POINTS, 0.99)] if image.max() > 40 else []

    result = work(source, tmp_path, look)
    check_whole(result, source)
    assert result.voices[0].visible == pytest.approx(1, abs=0.1)
    assert not read(result.voices[0].path)[:, : round(0.8 * 44_100)].any()


def spoil(source: Path, target: Path, start: float, stop: float) -> Path:
    """Overwrite a part of a file."""
    content = bytearray(source.read_bytes())
    first, last = (round(len(content) * share) for share in (start, stop))
    content[first:last] = np.random.default_rng(0).bytes(last - first)
    target.write_bytes(content)
    return target


def test_a_recording_with_a_corrupt_middle_is_split_with_a_warning(
    make_media, work, tmp_path, caplog
):
    whole = make_media("sound.mp4", *frames(seconds=2), *tone(seconds=2), *QUICK)
    source = spoil(whole, tmp_path / "corrupt.mp4", 0.4, 0.6)
    check_whole(work(source, tmp_path / "out"), source)
    assert "damaged" in caplog.text


def test_what_is_left_of_a_cut_off_recording_is_split_with_a_warning(
    cut_off_clip, work, tmp_path, caplog
):
    check_whole(work(cut_off_clip, tmp_path), cut_off_clip)
    assert "damaged" in caplog.text


@pytest.mark.parametrize("name", ODD_NAMES)
def test_any_name_is_taken(make_media, work, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    shutil.copy(make_media("plain.mp4", *frames(), *tone(), *QUICK), Path(name))
    result = work(Path(name), Path("out"))
    assert result.folder == Path("out") / Path(name).stem
    check_whole(result, Path(name))


SUBTITLE = "1\n00:00:01,000 --> 00:00:02,000\n<img src='file:///etc/passwd'>\n"
REFUSED = {
    "empty.mp4": (b"", "is empty"),
    "text.mp4": (b"Hello!\n" * 100, "cannot be read"),
    "noise.mkv": (np.random.default_rng(1).bytes(20_000), "cannot be read"),
    "list.m3u8": (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "cannot be read"),
    "list.mp4": (b"ffconcat version 1.0\nfile /etc/passwd\n", "is not a recording"),
    "call.sdp": (b"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 9 RTP/AVP 96\n", "cannot be read"),
    "talk.srt": (SUBTITLE.encode(), "is not a recording"),
    "talk.ass": (b"[Script Info]\nScriptType: v4.00+\n[Events]\n", "is not a recording"),
    "talk.idx": (b"# VobSub index file, v7\nid: en, index: 0\n", "is not a recording"),
    "drawing.svg": (b"<svg><image href='file:///etc/passwd'/></svg>\n", "is not a recording"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_recording_is_refused_with_a_sentence(work, tmp_path, name):
    content, sentence = REFUSED[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(MediaError, match=sentence) as caught:
        work(tmp_path / name, tmp_path / "out")
    assert caught.value.hint
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_pipe_is_refused_and_not_waited_for(work, tmp_path):
    os.mkfifo(tmp_path / "pipe.mp4")
    with pytest.raises(MediaError, match="is a device or a pipe"):
        work(tmp_path / "pipe.mp4", tmp_path / "out")


@pytest.mark.parametrize(
    ("name", "sentence"), [("silent_clip", "has no audio stream"), ("tone", "has no pictures")]
)
def test_what_lacks_sound_or_pictures_is_refused(request, work, tmp_path, name, sentence):
    with pytest.raises(MediaError, match=sentence):
        work(request.getfixturevalue(name), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_recording_without_a_face_is_refused(clip, work, tmp_path):
    with pytest.raises(FaceError, match="no face whose lips can be read"):
        work(clip, tmp_path, lambda image: [])
    assert list(tmp_path.iterdir()) == []


def test_an_output_folder_that_is_a_file_is_refused(clip, work, tmp_path):
    (tmp_path / "out").touch()
    with pytest.raises(OutputError):
        work(clip, tmp_path / "out")


def test_no_memory_for_the_size_of_the_pictures_is_refused(clip, work, tmp_path, monkeypatch):
    monkeypatch.setattr(needs, "measure_memory", lambda: 1_000_000)
    with pytest.raises(MediaError, match="pictures of 160x120"):
        work(clip, tmp_path)


def test_no_room_for_the_result_is_refused_beforehand(clip, work, tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)._replace(free=1_000_000)
    monkeypatch.setattr(needs.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(OutputError, match="on the disk of"):
        work(clip, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_interruption_leaves_nothing(clip, work, tmp_path):
    def stop(image):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work(clip, tmp_path, stop)
    assert list(tmp_path.iterdir()) == []


@contextmanager
def mounted(folder: Path, options: str):
    """A small disk of its own."""
    folder.mkdir()
    if os.geteuid() or not shutil.which("mount"):
        pytest.skip("only root may mount a small disk")
    command = [shutil.which("mount"), "-t", "tmpfs", "-o", options, "tmpfs", folder]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run([shutil.which("umount"), folder], check=True)


def test_a_folder_that_may_only_be_read_is_refused(clip, work, tmp_path):
    with mounted(tmp_path / "disk", "ro") as disk, pytest.raises(OutputError, match="Read-only"):
        work(clip, disk / "out")


@pytest.mark.parametrize("left", [0, 20_000, 300_000, 900_000, 1_500_000])
def test_a_disk_that_runs_full_meanwhile_is_a_sentence_and_leaves_nothing(
    clip, work, tmp_path, left
):
    with mounted(tmp_path / "disk", "size=20m") as disk:

        def fill(image):
            filler = disk / "filler"
            if not filler.exists():
                room = shutil.disk_usage(disk).free - left
                filler.write_bytes(bytes(room))
            return [Face(BOX, POINTS, 0.99)]

        with pytest.raises(AvsepError, match=r"full|has .* left") as caught:
            work(clip, disk / "out", fill)
        assert caught.value.hint
        assert [path for path in disk.rglob("*") if path.is_file()] == [disk / "filler"]


def test_a_full_disk_is_a_sentence_for_every_command_that_writes(
    clip, tmp_path, monkeypatch, capsys
):
    videos = tmp_path / "videos"
    videos.mkdir()
    shutil.copy(clip, videos / "a.mp4")
    with mounted(tmp_path / "disk", "size=1m") as disk:
        (disk / "filler").write_bytes(bytes(shutil.disk_usage(disk).free))
        monkeypatch.setattr(tempfile, "tempdir", str(disk))
        monkeypatch.setattr("avsep.kit.load_embedder", lambda _: None)
        for module in ("avsep.kit", "avsep.training.preparation"):
            monkeypatch.setattr(
                f"{module}.load_detector", lambda *_: lambda _: [Face(BOX, POINTS, 0.99)]
            )
        for command in (["faces", clip], ["prepare", videos, "-o", disk / "set"]):
            with pytest.raises(SystemExit) as caught:
                app([str(word) for word in command])
            assert caught.value.code == 1
            assert re.search(r"error: .*(full|No space).*\nhint: ", capsys.readouterr().err)
