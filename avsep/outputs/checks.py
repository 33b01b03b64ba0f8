"""What can be known before the work: encoders, names and files that will not do."""

from __future__ import annotations

import os
import resource
from pathlib import Path

from avsep.errors import MediaError, OutputError, SettingError
from avsep.media.ffmpeg import find_tool, list_encoders
from avsep.media.picture_copy import must_encode
from avsep.media.probing import MediaInfo
from avsep.media.writing import PAGE_CODEC, PICTURE_CODEC, choose_voice_codec
from avsep.names import LONGEST_FILE, name_file
from avsep.options import Options
from avsep.outputs.video import choose_suffix
from avsep.text import tell_size

FILE_SIZE_BITS = 64  # of file systems whose files may be as large as the disk


SAMPLE_BYTES = 4


SCRATCH = len(".avsep-0123456789ab/made/")


MANY = 9999  # people, whom nobody has counted yet


LONGEST_SUFFIX = ".16k.wav"


LONGEST_PATH = 4095  # bytes


def list_codecs(info: MediaInfo, options: Options) -> dict[str, list[str]]:
    """The encoders that are needed, each with the options that need it."""
    needed: dict[str, list[str]] = {}

    def need(option: str, *codecs: str) -> None:
        for codec in codecs:
            needed.setdefault(codec, []).append(option)

    def name(suffix: str, channels: int = 0) -> str:
        return choose_voice_codec(Path(f"a{suffix}"), channels)["acodec"]

    asked = {
        "--video": options.video and choose_suffix(info),
        "--mkv": options.mkv and ".mkv",
    }
    for option, suffix in asked.items():
        if suffix:
            coded = [PICTURE_CODEC] if must_encode(info, suffix) else []
            need(option, name(suffix, info.channels), *coded)
    if options.replay:
        need("--replay", PICTURE_CODEC, name(".mp4"))
    if options.report:
        need("--report", PICTURE_CODEC, PAGE_CODEC)
    return needed


def check_encoders(info: MediaInfo, options: Options) -> None:
    """Refuse what this ffmpeg can't encode.

    Raises:
        MediaError: An encoder is missing.
    """
    needed = list_codecs(info, options)
    has = list_encoders() if needed else frozenset()
    for codec, reasons in needed.items():
        if has and codec not in has:
            raise MediaError(
                f"{find_tool('ffmpeg')} has no encoder {codec}, which {' and '.join(reasons)}"
                f" need{'' if len(reasons) > 1 else 's'}",
                hint="Install a whole ffmpeg, or name the folder of one in AVSEP_FFMPEG; or"
                f" leave {' and '.join(reasons)} away.",
            )


def check_names(folder: Path, info: MediaInfo, options: Options) -> None:
    """Refuse names of voices that no file system takes, or that lie too deep.

    Args:
        folder: Of the result.
        info: The recording.
        options: What is wanted.

    Raises:
        SettingError: The template makes them too long.
        OutputError: The folder does.
    """
    speakers = options.speakers or {MANY: f"speaker-{MANY}"}
    stems = [
        name_file(options.file_names, info.path.stem, name, number)
        for number, name in speakers.items()
    ]
    longest = max(len(os.fsencode(stem)) for stem in stems) + len(LONGEST_SUFFIX)
    most = _ask(folder, "PC_NAME_MAX", LONGEST_FILE)
    if longest > most:
        raise SettingError(
            f"{info.path}: --file-names {options.file_names} makes names of {longest} bytes, and"
            f" {folder.parent} takes {most}",
            hint="Take a shorter template, or shorter names of speakers.",
        )
    whole = len(os.fsencode(folder.parent)) + 1
    if whole + max(SCRATCH, len(os.fsencode(folder.name)) + 1) + longest > LONGEST_PATH:
        raise OutputError(
            f"{info.path}: files in {folder} would have names of more than {LONGEST_PATH} bytes",
            hint="Give another --output-dir, or change there and name it from within.",
        )


def check_file_size(folder: Path, info: MediaInfo, options: Options, people: int) -> None:
    """Refuse work whose largest file the file system, or a limit of this process, won't take.

    Args:
        folder: Where results go; it need not be there yet.
        info: The recording.
        options: What is wanted.
        people: How many have a voice.

    Raises:
        OutputError: A file would grow too large.
    """
    need, most = estimate_largest(info, options, people), find_largest(folder)
    if most is not None and need > most:
        raise OutputError(
            f"{info.path} needs a file of about {tell_size(need)}, and in {folder} none may be"
            f" larger than {tell_size(most)}",
            hint="Give an --output-dir on another file system (FAT32 ends at 4 GiB), or raise"
            " `ulimit -f`.",
        )


def estimate_largest(info: MediaInfo, options: Options, people: int) -> int:
    """About how many bytes the largest file takes that is made, working files included."""
    sound = round(info.duration * info.sample_rate * info.channels * SAMPLE_BYTES)
    source = info.path.stat().st_size
    sizes = [sound]
    if options.video:
        sizes.append(source + sound // 2)
    if options.mkv:
        sizes.append(source + (people + 1) * sound // 2)
    return max(sizes)


def find_largest(folder: Path) -> int | None:
    """How many bytes a file in a folder may have; None where that is not limited."""
    limits = [resource.getrlimit(resource.RLIMIT_FSIZE)[0]]
    bits = _ask(folder, "PC_FILESIZEBITS", FILE_SIZE_BITS)
    if bits < FILE_SIZE_BITS:
        limits.append(2**bits - 1)
    return min((limit for limit in limits if limit != resource.RLIM_INFINITY), default=None)


def _ask(folder: Path, what: str, otherwise: int) -> int:
    """What a file system says of itself."""
    there = next((place for place in [folder, *folder.parents] if place.is_dir()), Path())
    try:
        told = os.pathconf(there, what)
    except (OSError, ValueError):
        return otherwise
    return told if told > 0 else otherwise
