"""What can be known before the work: encoders, names and files that will not do."""

from __future__ import annotations

import os
import resource
from pathlib import Path

from avsep.beds import read_group
from avsep.errors import MediaError, OutputError, SettingError
from avsep.media.coding import CODERS
from avsep.media.ffmpeg import find_tool, list_encoders
from avsep.media.probing import MediaInfo
from avsep.names import LONGEST_FILE, name_file, name_speaker, refuse_same_files
from avsep.options import Options
from avsep.outputs.space import estimate_largest
from avsep.product import choose_products
from avsep.text import tell_size

FILE_SIZE_BITS = 64  # of file systems whose files may be as large as the disk
SCRATCH = len(".avsep-0123456789ab/made/")
MANY = 9999  # people, whom nobody has counted yet
LONGEST_SUFFIX = ".16k.wav"
LONGEST_PATH = 4095  # bytes


def check_packages(options: Options) -> None:
    """Refuse to begin where a package is missing that a product needs.

    Raises:
        AvsepError: One is missing.
    """
    for product in choose_products(options):
        product.require()


def list_codecs(info: MediaInfo, options: Options) -> dict[str, list[str]]:
    """The encoders that are needed, each with the options that need it."""
    needed: dict[str, list[str]] = {}
    if options.suffix in CODERS:
        needed[CODERS[options.suffix][0]] = [f"--format {options.suffix.removeprefix('.')}"]
    for product in choose_products(options):
        for codec in dict.fromkeys(product.list_encoders(info)):
            needed.setdefault(codec, []).append(f"--{product.name}")
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
    """Refuse names of files that no file system takes, or that lie too deep.

    Args:
        folder: Of the result.
        info: The recording.
        options: What is wanted.

    Raises:
        SettingError: The template makes them too long, or two alike.
        OutputError: The folder or the recording's name does.
    """
    speakers = options.speakers or {MANY: name_speaker(MANY), **(options.names or {})}
    stems = [
        name_file(options.file_names, info.path.stem, name, number)
        for number, name in [*speakers.items(), *list_groups(options)]
    ]
    voices = [f"{stem}{LONGEST_SUFFIX}" for stem in stems]
    products = [
        name
        for product in choose_products(options)
        for name in dict.fromkeys(product.name_files(info, stems, product.get_asked(options)))
    ]
    sounds = [*voices, *(f"{stem}{options.suffix}" for stem in stems)]
    # Which voices there are, and whether two of them are called the same, shows later.
    refuse_same_files([*{name.casefold(): name for name in sounds}.values(), *products])
    longest = max(_count_bytes(name) for name in voices + products)
    most = _ask(folder, "PC_NAME_MAX", LONGEST_FILE)
    if (voice := max(map(_count_bytes, voices))) > most:
        raise SettingError(
            f"{info.path}: --file-names {options.file_names} makes names of {voice} bytes, and"
            f" {folder.parent} takes {most}",
            hint="Take a shorter template, or shorter names of speakers.",
        )
    if longest > most:
        name = max(products, key=_count_bytes)
        raise OutputError(
            f"{info.path}: a file would be called {name}, of {longest} bytes, and {folder.parent}"
            f" takes {most}",
            hint="Give the recording a shorter name, or another --output-dir.",
        )
    whole = len(os.fsencode(folder.parent)) + 1
    if whole + max(SCRATCH, len(os.fsencode(folder.name)) + 1) + longest > LONGEST_PATH:
        raise OutputError(
            f"{info.path}: files in {folder} would have names of more than {LONGEST_PATH} bytes",
            hint="Give another --output-dir, or change there and name it from within.",
        )


def list_groups(options: Options) -> list[tuple[int, str]]:
    """Names of groups, with a number as long as any."""
    numbers = range(MANY - len(options.groups), MANY)
    return [(n, read_group(text).name) for n, text in zip(numbers, options.groups, strict=True)]


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


def find_largest(folder: Path) -> int | None:
    """How many bytes a file in a folder may have; None where that is not limited."""
    limits = [resource.getrlimit(resource.RLIMIT_FSIZE)[0]]
    bits = _ask(folder, "PC_FILESIZEBITS", FILE_SIZE_BITS)
    if bits < FILE_SIZE_BITS:
        limits.append(2**bits - 1)
    return min((limit for limit in limits if limit != resource.RLIM_INFINITY), default=None)


def _count_bytes(name: str) -> int:
    return len(os.fsencode(name))


def _ask(folder: Path, what: str, otherwise: int) -> int:
    """What a file system says of itself."""
    there = next((place for place in [folder, *folder.parents] if place.is_dir()), Path())
    try:
        told = os.pathconf(there, what)
    except (OSError, ValueError):
        return otherwise
    return told if told > 0 else otherwise
