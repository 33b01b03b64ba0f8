"""A chair whom nobody sees, through the command line: two people listen, then they speak."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from fast_bss_eval import si_sdr
from typer.testing import CliRunner

from avsep.cli.app import app

EXAMPLES = Path(__file__).parents[2] / "examples"
TURN = 4.6  # s, of the chair, and then of the two people
RATE = 48_000

pytestmark = pytest.mark.skipif(
    find_spec("resemblyzer") is None,
    reason="Resemblyzer is not installed: pip install --no-deps resemblyzer",
)


def read(path: Path) -> np.ndarray:
    sound, rate = soundfile.read(path, always_2d=True)
    return soxr.resample(sound.mean(1), rate, RATE)


def run(*arguments):
    return CliRunner().invoke(app, ["split", *map(str, arguments)])


@pytest.fixture(scope="module")
def chair() -> np.ndarray:
    """Somebody who isn't in the debate: first their turn, then their sample."""
    return 0.5 * read(EXAMPLES / "same-sex.truth" / "speaker-2.flac")


@pytest.fixture(scope="module")
def folder(tmp_path_factory, make_media, chair):
    folder = tmp_path_factory.mktemp("unseen")
    turn = round(TURN * RATE)
    soundfile.write(folder / "turn.wav", chair[:turn], RATE)
    soundfile.write(folder / "chair.wav", chair[turn : 2 * turn], RATE)
    still = f"[0:v]trim=end={TURN},tpad=start_duration={TURN}:start_mode=clone[v]"
    spoken = f"[0:a]atrim=end={TURN},aresample={RATE},pan=mono|c0=c0[b];[1:a][b]concat=v=0:a=1[a]"
    video = make_media(
        "debate.mp4",
        *("-i", EXAMPLES / "debate.mp4", "-i", folder / "turn.wav"),
        *("-filter_complex", f"{still};{spoken}", "-map", "[v]", "-map", "[a]"),
        *("-c:v", "libx264", "-c:a", "flac", "-strict", "-2"),
    )
    (folder / "debate.mp4").symlink_to(video)
    return folder


@pytest.fixture(scope="module")
def results(folder):
    video = folder / "debate.mp4"
    without = run(video, "-o", folder / "without")
    found = run(
        *(video, "-o", folder / "with", "--report", "--mkv"),
        *("--voice", f"CHAIR={folder / 'chair.wav'}"),
    )
    assert (without.exit_code, found.exit_code) == (0, 0), found.output
    assert "CHAIR" in found.stdout
    return folder / "without" / "debate", folder / "with" / "debate"


def test_the_chair_is_better_than_the_rest_it_was_taken_from(results, chair):
    without, found = results
    rest, voice = read(without / "rest.wav"), read(found / "CHAIR.wav")
    true = np.zeros(len(voice))
    turn = round(TURN * RATE)
    true[:turn] = chair[:turn]
    before, after = (
        float(si_sdr(true[None], sound[None], zero_mean=False)[0]) for sound in (rest, voice)
    )
    assert after > before + 1
    assert after > 5


def test_voices_and_rest_still_add_up_to_the_recording(results):
    without, found = results
    whole = soundfile.read(without / "rest.wav")[0]
    chair, rest = (soundfile.read(found / name)[0] for name in ("CHAIR.wav", "rest.wav"))
    np.testing.assert_allclose(chair + rest, whole, atol=1e-7)
    for name in ("speaker-1.wav", "speaker-2.wav"):
        np.testing.assert_array_equal(
            soundfile.read(found / name)[0], soundfile.read(without / name)[0]
        )


def test_the_chair_stands_wherever_voices_do(results):
    _, found = results
    manifest = json.loads((found / "manifest.json").read_text())
    (chair,) = manifest["unseen"]
    assert (chair["number"], chair["name"], chair["file"]) == (3, "CHAIR", "CHAIR.wav")
    spoken = sum(stop - start for start, stop in chair["speaking"])
    assert spoken == pytest.approx(TURN, abs=0.8)
    assert chair["speaking"][-1][1] < TURN + 0.5
    assert {"CHAIR.wav", "CHAIR.16k.wav"} <= {file["file"] for file in manifest["files"]}
    assert " CHAIR " in (found / "debate.rttm").read_text()
    page = (found / "report.html").read_text()
    assert 'data-name="CHAIR"' in page
    assert '<span class="label">CHAIR</span>' in page
    assert '<th scope="row">CHAIR</th>' in page
    assert soundfile.info(found / "CHAIR.16k.wav").samplerate == 16_000
    assert b"CHAIR" in (found / "debate.voices.mkv").read_bytes()


def test_a_sample_too_short_is_refused_before_the_work(folder):
    short = run(folder / "debate.mp4", "-o", folder / "none", "--voice", "CHAIR=0:01-0:02")
    assert short.exit_code == 1
    assert "holds 1.0 s of a voice, too little" in short.stderr
    assert "hint:" in short.stderr
    assert not (folder / "none" / "debate").exists()


def test_a_visible_speaker_of_the_same_name_is_refused(folder):
    twice = run(
        *(folder / "debate.mp4", "-o", folder / "twice", "--speakers", "CHAIR=1"),
        *("--voice", f"chair={folder / 'chair.wav'}"),
    )
    assert twice.exit_code == 1
    assert "would both be called" in twice.stderr
