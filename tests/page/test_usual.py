"""Files of settings and presets hold on the page as on the command line."""

from __future__ import annotations

import pytest
import typer

from avsep.cli.app import app
from avsep.cli.page_settings import PageSettings
from avsep.errors import SettingError
from avsep.page.orders import describe_usual, read_options


@pytest.fixture
def usual(folder):
    command = typer.main.get_command(app)
    split = command.get_command(typer.Context(command), "split")
    return PageSettings(typer.Context(split, info_name="split"), [folder])


@pytest.fixture
def recording(folder):
    (folder / "day").mkdir()
    path = folder / "day" / "a.mp4"
    path.write_bytes(b"x")
    (folder / "avsep.toml").write_text(
        'format = "flac"\nloudness = true\nrange = "0:10-0:20"\n'
        "[presets.review]\nmkv = true\nothers = '-12dB'\nloudness = false\n"
        '[recordings."day/a.mp4"]\nnames = {Anna = 1}\ndivide = ["1=5-6"]\n'
    )
    return path


def test_what_stands_in_the_file_is_where_the_switches_begin(usual, recording):
    told = describe_usual(usual.choose(recording, "", ()))
    on = {name for name, is_on in told["switches"].items() if is_on}
    assert on == {"flac", "loudness"}
    assert told["also"] == []


def test_a_preset_sets_switches_and_what_has_none(usual, recording):
    assert usual.list_presets(recording) == ["edit", "review", "subtitles"]
    chosen = usual.choose(recording, "review", ())
    told = describe_usual(chosen)
    assert {name for name, is_on in told["switches"].items() if is_on} == {"flac", "mkv"}
    assert told["also"] == ["others"]
    options = read_options({"mkv": False, "range": "0:01-0:02"}, chosen)
    assert (options.others, options.mkv, options.ranges) == ("-12dB", False, ("0:01-0:02",))
    assert describe_usual(usual.choose(recording, "edit", ()))["switches"]["timeline"]


def test_which_part_is_wanted_the_page_alone_says(usual, recording):
    whole = read_options({}, usual.choose(recording, "", ()))
    assert (whole.ranges, whole.names, whole.divide) == ((), {1: "Anna"}, ("1=0:05-0:06",))
    part = read_options({"range": "0:01-0:02"}, usual.choose(recording, "", ("0:01-0:02",)))
    assert (part.ranges, part.names, part.divide) == (("0:01-0:02",), None, ())


def test_mistakes_in_the_file_are_sentences(usual, recording, folder):
    with pytest.raises(SettingError, match="no preset 'reviev'"):
        usual.choose(recording, "reviev", ())
    (folder / "avsep.toml").unlink()  # and with it the preset that somebody has chosen
    with pytest.raises(SettingError, match="no preset 'review'"):
        usual.choose(recording, "review", ())
    (folder / "avsep.toml").write_text("force = true\n")
    with pytest.raises(SettingError, match="force may not be set"):
        usual.choose(recording, "", ())
    (folder / "avsep.toml").write_text('format = "flac"\nsample-format = "float"\n')
    with pytest.raises(SettingError, match="FLAC holds no float"):
        usual.choose(recording, "", ())
