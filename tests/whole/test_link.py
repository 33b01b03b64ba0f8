"""A guest on a link whose pictures come late, beside somebody who is in step."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import soundfile
from typer.testing import CliRunner

from avsep.cli.app import app
from avsep.evaluation.score_folder import score

EXAMPLE = Path(__file__).parents[2] / "examples" / "debate.mp4"
LATE = 6  # frames


def test_a_guest_whose_pictures_come_late_keeps_their_voice(make_media, tmp_path):
    sides = (
        "[0:v]split[a][b];[a]crop=iw/2:ih:0:0[left];[b]crop=iw/2:ih:iw/2:0,"
        f"tpad=start={LATE}:start_mode=clone[late];[left][late]hstack[out]"
    )
    graph = ("-filter_complex", sides, "-map", "[out]", "-map", "0:a", "-t", "24")
    coder = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "18", "-c:a", "copy")
    video = make_media("link.mp4", "-i", str(EXAMPLE), *graph, *coder)
    outcome = CliRunner().invoke(app, ["split", str(video), "--output-dir", str(tmp_path)])
    assert outcome.exit_code == 0
    said = "the sound is 0.24 s early against the lips of speaker-2: made up for"
    assert said in " ".join(outcome.stderr.split())
    manifest = json.loads((tmp_path / "link" / "manifest.json").read_text())
    assert (manifest["delay"], manifest["own_delays"]) == (
        0,
        [{"number": 2, "start": 0, "delay": -0.24}],
    )
    gains = [item.improvement for item in score(tmp_path / "link", EXAMPLE.with_suffix(".truth"))]
    assert min(gains) > 8  # 9.6 and 9.5 dB without the delay, -3 where nobody makes up for it
    sound, _ = soundfile.read(tmp_path / "link" / "speaker-2.wav")
    assert np.abs(sound).max() > 0.05
