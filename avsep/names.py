"""Which speakers are wanted, and names for them that every file system takes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

from avsep.errors import SettingError
from avsep.ranges import read_range

EVERYBODY = "all"
PREVIEW = "preview"  # the part of a recording that is chosen for one
# Names of files that stand beside the voices.
TAKEN = frozenset({"rest", "manifest", "replay", "everybody", "report"})
# What some file system refuses in a name, or a shell makes trouble of.
REFUSED = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')
# Devices of Windows, which no file there can be called.
DEVICES = re.compile(r"(?i)(con|prn|aux|nul|(com|lpt)[0-9])(\.|$)")
# How editors end the names of files that are the loudspeakers of one sound: Resolve and Pro Tools
# make one clip of "debate.L.wav" and "debate.R.wav".
LOUDSPEAKER = re.compile(
    r"\.(?=(?:[LRCMS]|[LR][cstw]|Cs|[LR]s[sr]|[LR]rs|[LR]t[fmr]|LFE[12]?)$)", re.IGNORECASE
)
LONGEST = 100  # bytes, so that suffixes still fit into the 255 of most file systems
LONGEST_FILE = 255  # bytes of a name on most file systems
FIELD = re.compile(r"\{([^{}]*)\}")
FIELDS = ("input", "speaker", "number")
TEMPLATE_HINT = "As in {input}-{speaker}, of {input}, {speaker} and {number}."
HINT = "Write all, numbers (1,3), or names (Anna=1,Ben=2)."
VOICES_HINT = "As in CHAIR=chair.wav, or CHAIR=12:30-12:50 for a range of the recording."
NAMES_HINT = "Write names like Anna=1,Ben=2."


def name_speaker(number: int) -> str:
    """What somebody is called as long as nobody has named them."""
    return f"speaker-{number}"


def tell_apart(words: Iterable[str]) -> list[str]:
    """The same words, with numbers where they would be alike.

    >>> tell_apart(["Ann_B", "Ben", "ann_b"])
    ['Ann_B', 'Ben', 'ann_b_2']
    """
    told: list[str] = []
    taken: set[str] = set()
    for word in words:
        number, choice = 1, word
        while choice.casefold() in taken:
            number += 1
            choice = f"{word}_{number}"
        taken.add(choice.casefold())
        told.append(choice)
    return told


def read_speakers(text: str) -> dict[int, str] | None:
    """Names of the wanted speakers by number; None for everybody.

    >>> read_speakers("1,Anna=3")
    {1: 'speaker-1', 3: 'Anna'}

    Raises:
        SettingError: The text says something else, or two speakers would share their files.
    """
    if text.strip().lower() == EVERYBODY:
        return None
    names: dict[int, str] = {}
    for part in text.split(","):
        name, equals, digits = part.rpartition("=")
        if not re.fullmatch(r"[0-9]{1,6}", digits.strip()) or not int(digits):
            raise SettingError(f"{part.strip()!r} names no speaker", hint=HINT)
        number = int(digits)
        if number in names:
            raise SettingError(f"speaker {number} is named twice", hint=HINT)
        names[number] = choose_name(name) if equals else name_speaker(number)
    refuse_doubles(names)
    return names


def read_names(text: str) -> dict[int, str]:
    """Names of speakers by number, whoever is wanted.

    >>> read_names("Anna=1, Ben=3")
    {1: 'Anna', 3: 'Ben'}

    Raises:
        SettingError: The text says something else, or two speakers would share their files.
    """
    if not text.strip():
        return {}
    for part in text.split(","):
        if "=" not in part:
            raise SettingError(f"{part.strip()!r} gives nobody a name", hint=NAMES_HINT)
    return read_speakers(text) or {}


def read_voices(texts: Iterable[str]) -> dict[str, str]:
    """Where unseen people are heard alone, a file or a range of the recording, by their names.

    >>> read_voices(["CHAIR=chair.wav", "Host = 12:30-12:50"])
    {'CHAIR': 'chair.wav', 'Host': '12:30-12:50'}

    Raises:
        SettingError: A text says something else, or two people would share their files.
    """
    voices: dict[str, str] = {}
    for text in texts:
        name, equals, source = (part.strip() for part in text.partition("="))
        if not equals or not name or not source:
            raise SettingError(f"{text!r} is no sample of a voice", hint=VOICES_HINT)
        chosen = choose_name(name)
        if chosen.casefold() in map(str.casefold, voices):
            raise SettingError(f"{chosen!r} has two samples", hint="Join them into one file.")
        voices[chosen] = source
    return voices


def check_voices(voices: Mapping[str, str]) -> None:
    """See that samples of voices are such as `read_voices` gives.

    Raises:
        SettingError: They are not.
    """
    if read_voices(f"{name}={source}" for name, source in voices.items()) != dict(voices):
        raise SettingError(f"voices = {voices!r} are no samples of voices", hint=VOICES_HINT)


def write_names(names: Mapping[int, str]) -> str:
    """Names of speakers by number as `read_names` reads them.

    >>> write_names({3: "Ben", 1: "Anna"})
    'Anna=1,Ben=3'
    """
    return ",".join(f"{name}={number}" for number, name in sorted(names.items()))


def find_given(names: Mapping[int, str]) -> dict[int, str]:
    """The names that somebody has given, without those that merely count."""
    return {number: name for number, name in names.items() if name != name_speaker(number)}


def check_speakers(names: Mapping[int, str]) -> None:
    """See that names of speakers by number are such as `read_speakers` gives.

    Raises:
        SettingError: Nobody is named, or a name is none of a file in the result's folder.
    """
    if not names:
        raise SettingError("nobody is wanted", hint="Name speakers by number, or take None.")
    for number, name in names.items():
        if not isinstance(number, int) or isinstance(number, bool) or number < 1:
            raise SettingError(f"{number!r} numbers no speaker", hint="Numbers begin with 1.")
        if not isinstance(name, str):
            raise SettingError(f"{name!r} is no name of a speaker", hint="Name them in letters.")
        if (clean := choose_name(name)) != name:
            raise SettingError(
                f"{name!r} can't be the name of a file everywhere", hint=f"Take {clean!r}."
            )
    refuse_doubles(names)


def clean_name(name: str) -> str:
    """The name as a file can bear it: awkward characters become underscores.

    >>> clean_name(' Dr. No: "M/F"? ')
    'Dr. No_ _M_F__'
    """
    tidy = REFUSED.sub("_", unicodedata.normalize("NFC", name.strip())).strip(". ")
    if DEVICES.match(tidy):
        tidy = f"_{tidy}"
    return mend_ending(shorten(tidy, LONGEST).rstrip(". "))


def mend_ending(name: str) -> str:
    """The name of a sound file, without its suffix, that no editor takes for a loudspeaker's.

    >>> mend_ending("Anna.L"), mend_ending("Anna L."), mend_ending("Dr.Lee")
    ('Anna_L', 'Anna L.', 'Dr.Lee')
    """
    return LOUDSPEAKER.sub("_", name)


def shorten(name: str, most: int) -> str:
    """The beginning of a name, of so many bytes at most and of whole letters.

    >>> shorten("討論", 5)
    '討'
    """
    return name.encode(errors="surrogateescape")[:most].decode(errors="ignore")


def name_product(recording: str, suffix: str) -> str:
    """A file called like the recording, with another suffix, that file systems take."""
    return f"{shorten(recording, LONGEST_FILE - len(suffix))}{suffix}"


def name_part(name: str, part: str) -> str:
    """What the folder of a range's result is called.

    >>> name_part("debate", "12:30-14:05"), name_part("debate", "")
    ('debate@12m30s-14m05s', 'debate')
    """
    if not part:
        return name
    return f"{name}@{part if part == PREVIEW else read_range(part).label}"


def read_template(text: str) -> str:
    """What the voices' files are called, as a template of `FIELDS`.

    Raises:
        SettingError: Several voices would share a name, or no file can be called so.
    """
    found = FIELD.findall(text)
    around = FIELD.sub("", text)
    unknown = [field for field in found if field not in FIELDS]
    if unknown or "{" in around or "}" in around:
        raise SettingError(f"{text!r} is no template of names", hint=TEMPLATE_HINT)
    if not {"speaker", "number"} & set(found):
        raise SettingError(f"{text!r} gives every voice the same name", hint=TEMPLATE_HINT)
    if REFUSED.search(around) or text.startswith(("-", ".")) or len(around.encode()) > LONGEST:
        raise SettingError(f"no file can be called {text!r}", hint=TEMPLATE_HINT)
    return text


def name_file(template: str, recording: str, speaker: str, number: int) -> str:
    """A voice's file by a template, without its suffix.

    >>> name_file("{input}-{number}-{speaker}", "debate", "Anna", 2)
    'debate-2-Anna'
    """
    values = {"input": clean_name(recording), "speaker": speaker, "number": str(number)}
    return mend_ending(FIELD.sub(lambda field: values[field[1]], template))


def choose_name(name: str) -> str:
    """A name as a file can bear it.

    Raises:
        SettingError: It is nothing, or the name of another file.
    """
    chosen = clean_name(name)
    if not chosen or chosen.startswith("-"):
        raise SettingError(f"{name.strip()!r} can't be the name of a file", hint=HINT)
    if chosen.casefold() in TAKEN or chosen.casefold().endswith(".16k"):
        raise SettingError(f"{chosen!r} is the name of another result", hint="Choose another.")
    return chosen


def refuse_same_files(files: Iterable[str]) -> None:
    """See that no two files of a result are called the same.

    Raises:
        SettingError: Two are, or differ by upper and lower case alone.
    """
    seen: set[str] = set()
    for name in files:
        if name.casefold() in seen:
            raise SettingError(
                f"two files would be called {name!r}",
                hint="Take another template for --file-names, or other names of speakers.",
            )
        seen.add(name.casefold())


def refuse_doubles(names: Mapping[int, str]) -> None:
    """See that no two speakers share their files.

    Raises:
        SettingError: Two names are the same, or differ by upper and lower case alone: on many
            machines that is one file.
    """
    seen: dict[str, int] = {}
    for number, name in names.items():
        first = seen.setdefault(name.casefold(), number)
        if first != number:
            raise SettingError(
                f"speakers {first} and {number} would both be called {name!r}",
                hint="Give each a name of their own.",
            )
