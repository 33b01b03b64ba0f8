"""Colours of what is read and written, checked by the standards' own formulas."""

from __future__ import annotations

import base64
import re
import tempfile
from dataclasses import replace

import av
import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from avsep.batch import executors as crews
from avsep.cli.app import app
from avsep.faces.detectors import Face
from avsep.media.colours import Colours, read_colours
from avsep.media.probing import probe
from avsep.media.reading import read_frames, read_pictures
from avsep.media.writing import write_video
from avsep.model.checkpoint import save_model
from avsep.model.config import TINY
from avsep.model.network import SeparationNetwork
from avsep.outputs.report.proxies import copy_picture
from avsep.progress import no_progress

RED = np.array([192.0, 32.0, 32.0])
# Shares of red and blue in brightness (ITU-R BT.601, BT.709, BT.2020).
SHARES = {1: (0.2126, 0.0722), 5: (0.299, 0.114), 6: (0.299, 0.114), 9: (0.2627, 0.0593)}
MATRIX = {"bt709": 1, "bt470bg": 5, "smpte170m": 6, "bt2020nc": 9}


@pytest.fixture
def patch(make_media):
    """Make five frames of a colour, H.264: `patch(matrix, range, size, *marks)`."""

    def make(matrix: str, span: str, size: str, *marks: str):
        scaler = {"bt470bg": "bt601", "smpte170m": "bt601", "bt2020nc": "bt2020"}
        scale = f"scale=out_color_matrix={scaler.get(matrix, matrix)}:out_range={span}"
        source = f"color=0xC02020:size={size}:rate=25:duration=0.2"
        filters = ",".join(["format=rgb24", scale, "format=yuv420p", *marks])
        coder = ("-c:v", "libx264", "-crf", "4")
        return make_media("patch.mp4", "-f", "lavfi", "-i", source, "-vf", filters, *coder)

    return make


def mark(matrix: str, primaries: str, transfer: str, span: str) -> str:
    names = f"colorspace={matrix}:color_primaries={primaries}:color_trc={transfer}"
    return f"setparams={names}:range={span}"


def see(path) -> tuple[np.ndarray, tuple[int, int, int, int]]:
    """The middle pixel's red, green and blue, and its marks, as PyAV and the formulas tell."""
    with av.open(str(path)) as file:
        frame = next(file.decode(video=0))
        context = file.streams.video[0].codec_context
    y, u, v = (
        float(np.frombuffer(plane, np.uint8).reshape(plane.height, -1)[plane.height // 2, 8])
        for plane in frame.planes
    )
    marks = (
        int(frame.colorspace),
        context.color_primaries,
        context.color_trc,
        int(frame.color_range),
    )
    full = marks[3] == 2
    y, u, v = (
        (y / 255, (u - 128) / 255, (v - 128) / 255)
        if full
        else ((y - 16) / 219, (u - 128) / 224, (v - 128) / 224)
    )
    red_share, blue_share = SHARES[marks[0]]
    red, blue = y + 2 * (1 - red_share) * v, y + 2 * (1 - blue_share) * u
    green = (y - red_share * red - blue_share * blue) / (1 - red_share - blue_share)
    return 255 * np.array([red, green, blue]), tuple(int(value) for value in marks)


def whole(picture) -> np.ndarray:
    return picture.to_image(*picture.shape)


KINDS = [
    ("bt709", "bt709", "bt709", "tv"),
    ("bt709", "bt709", "iec61966-2-1", "tv"),
    ("bt709", "smpte432", "bt709", "tv"),
    ("bt470bg", "bt470bg", "bt470bg", "tv"),
    ("smpte170m", "smpte170m", "smpte170m", "tv"),
    ("bt709", "bt709", "bt709", "pc"),
    ("smpte170m", "smpte170m", "smpte170m", "pc"),
    ("bt2020nc", "bt2020", "bt2020-10", "tv"),
]


@pytest.mark.parametrize("kind", KINDS, ids="-".join)
@pytest.mark.parametrize("size", ["160x120", "1280x720"])
def test_colours_and_marks_go_through_unchanged(patch, tmp_path, kind, size):
    source = patch(kind[0], kind[3], size, mark(*kind))
    true, marks = see(source)
    assert true == pytest.approx(RED, abs=3)
    info = probe(source)
    for image in (next(read_frames(info)), whole(next(read_pictures(info)))):
        assert image[50:60, 50:60].reshape(-1, 3).mean(0) == pytest.approx(RED, abs=3)
    write_video(tmp_path / "out.mp4", read_frames(info), colours=info.colours)
    for made in (tmp_path / "out.mp4", copy_picture(info, tmp_path / "small.mp4")):
        shown, kept = see(made)
        assert shown == pytest.approx(RED, abs=5)
        assert kept == marks


@pytest.mark.parametrize(
    ("size", "matrix"), [("1280x720", "bt709"), ("720x480", "smpte170m"), ("720x576", "bt470bg")]
)
def test_unmarked_pictures_are_taken_as_players_take_them(patch, tmp_path, size, matrix):
    info = probe(patch(matrix, "tv", size, "setparams=colorspace=unknown:range=unknown"))
    for image in (next(read_frames(info)), whole(next(read_pictures(info)))):
        assert image[50:60, 50:60].reshape(-1, 3).mean(0) == pytest.approx(RED, abs=3)
    shown, marks = see(copy_picture(info, tmp_path / "small.mp4"))  # too small to be guessed
    assert shown == pytest.approx(RED, abs=5)
    assert marks[0] == MATRIX[matrix]


def test_pictures_of_red_green_and_blue_are_taken_as_they_are(make_media, tmp_path):
    source = "color=0xC02020:size=160x120:rate=25:duration=0.2,format=gbrp"
    info = probe(make_media("rgb.mkv", "-f", "lavfi", "-i", source, "-c:v", "ffv1"))
    for image in (next(read_frames(info)), whole(next(read_pictures(info)))):
        assert image[60, 60] == pytest.approx(RED, abs=2)
    shown, _ = see(copy_picture(info, tmp_path / "small.mp4"))
    assert shown == pytest.approx(RED, abs=5)


def to_pq(light: np.ndarray) -> np.ndarray:
    """cd/m2 -> signal, as SMPTE ST 2084 writes it."""
    power = (light / 10_000) ** 0.1593017578125
    return ((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375


def to_hlg(light: np.ndarray) -> np.ndarray:
    """Grey in cd/m2 on a screen of 1000 -> signal, as ITU-R BT.2100 writes it."""
    scene = (light / 1000) ** (1 / 1.2)
    low, high = np.sqrt(3 * scene), 0.17883277 * np.log(12 * scene - 0.28466892) + 0.55991073
    return np.where(scene <= 1 / 12, low, high)


TO_2020 = np.array([[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]])


@pytest.fixture
def show_hdr(make_media):
    """What is read where a frame of high dynamic range has a signal; and the recording."""

    def show(signal: np.ndarray, transfer: str):
        red, green, blue = np.round(signal * 65535).astype(int)
        plain = "nullsrc=size=160x120:rate=25:duration=0.2,format=gbrp16le"
        source = f"{plain},geq=r={red}:g={green}:b={blue}"
        scale = "scale=out_color_matrix=bt2020:out_range=tv,format=yuv420p10le"
        marks = mark("bt2020nc", "bt2020", transfer, "tv")
        how = ("-vf", f"{scale},{marks}", "-c:v", "ffv1")
        info = probe(make_media("hdr.mkv", "-f", "lavfi", "-i", source, *how))
        seen = next(read_frames(info))[60, 60].astype(float)
        assert whole(next(read_pictures(info)))[60, 60] == pytest.approx(seen, abs=5)
        return seen, info

    return show


@pytest.mark.parametrize("transfer", ["smpte2084", "arib-std-b67"])
@pytest.mark.parametrize(
    ("light", "expected"), [(203, (220, 242)), (20, (85, 105)), (900, (244, 256))]
)
def test_high_dynamic_range_is_toned_down(show_hdr, transfer, light, expected):
    grey = np.full(3, float(light))
    signal = to_pq(grey) if transfer == "smpte2084" else to_hlg(grey)
    seen, _ = show_hdr(signal, transfer)
    assert np.ptp(seen) <= 3
    assert expected[0] <= seen.mean() <= expected[1]


def test_a_red_of_usual_screens_stays_that_red_when_toned_down(show_hdr, tmp_path):
    seen, info = show_hdr(to_pq(TO_2020 @ (100, 0, 0)), "smpte2084")
    assert seen == pytest.approx([190, 0, 0], abs=16)  # dark parts of a table are coarse
    shown, marks = see(copy_picture(info, tmp_path / "small.mp4"))
    assert shown == pytest.approx(seen, abs=5)
    assert marks == (1, 1, 1, 1)
    assert info.colours == Colours()


@pytest.mark.parametrize(
    ("stream", "reason"),
    [
        ({"color_space": "ictcp"}, "matrix ictcp"),
        ({"side_data_list": [{"dv_profile": 5}]}, "Dolby Vision without a base layer"),
        ({"side_data_list": [{"dv_profile": 8}], "color_space": "bt2020nc"}, ""),
        ({}, ""),
    ],
)
def test_what_cannot_be_read_is_named(stream, reason):
    assert read_colours(stream).unread == reason


def test_colours_that_cannot_be_read_are_said_once(clip, caplog):
    info = probe(clip)
    video = replace(info.video, colours=Colours(unread="matrix ictcp"))
    info = replace(info, selection=replace(info.selection, video=video))
    next(read_pictures(info))
    next(read_frames(info, max_height=60))
    assert caplog.text.count("colours may be wrong: matrix ictcp") == 1


def test_the_table_may_lie_anywhere(show_hdr, tmp_path, monkeypatch):
    folder = tmp_path / "it's: a, [folder]; of=1"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    seen, _ = show_hdr(to_pq(np.full(3, 203.0)), "smpte2084")
    assert 220 <= seen.mean() <= 242


@pytest.fixture
def report(tmp_path, monkeypatch):
    """Run `avsep split --report` on a recording, and give the video that its page plays."""
    points = np.array([[32, 42], [48, 42], [40, 50], [34, 59], [46, 59]], np.float32)
    face = Face(np.array([20, 25, 60, 75], np.float32), points, 0.99)
    monkeypatch.setattr("avsep.kit.load_detector", lambda *_: lambda _image: [face])
    monkeypatch.setattr(
        "avsep.batch.executors.choose_crew",
        lambda choice, options, board, **_: crews.work_alone(choice, options, no_progress),
    )
    torch.manual_seed(0)
    weights = tmp_path / "tiny.safetensors"
    save_model(SeparationNetwork(TINY), weights)

    def run(source):
        words = ["split", "--model", weights, source, "-o", tmp_path, "--report"]
        done = CliRunner().invoke(app, [str(word) for word in words])
        assert done.exit_code == 0, done.output
        page = (tmp_path / source.stem / "report.html").read_text()
        found = re.search("data:video/mp4;base64,([^\"']+)", page)
        video = tmp_path / "shown.mp4"
        video.write_bytes(base64.b64decode(found[1]))
        return video

    return run


@pytest.mark.parametrize("kind", [KINDS[0], KINDS[4], KINDS[5]], ids="-".join)
def test_the_report_shows_the_colours_of_the_recording(make_media, report, kind):
    scale = f"scale=out_color_matrix={'bt601' if kind[0] != 'bt709' else 'bt709'}"
    filters = f"format=rgb24,{scale}:out_range={kind[3]},format=yuv420p,{mark(*kind)}"
    red = ("-f", "lavfi", "-i", "color=0xC02020:size=160x120:rate=25:duration=1")
    tone = ("-f", "lavfi", "-i", "sine=duration=1:sample_rate=16000")
    coder = ("-vf", filters, "-c:v", "libx264", "-crf", "4", "-c:a", "aac")
    source = make_media("talk.mp4", *red, *tone, *coder)
    shown, marks = see(report(source))
    assert shown == pytest.approx(RED, abs=5)
    assert marks == see(source)[1]
