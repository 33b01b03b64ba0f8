"""What goes into which file: how much of the others, which voices are kept, which are grouped."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from math import inf

from avsep.errors import SettingError
from avsep.names import choose_name

LEVEL = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*(?:db)?")
NOTHING = ("off", "-inf", "-infdb")
OTHERS_HINT = "As in -12dB, or 1=-12dB,ANNA=-20dB."
KEEP_HINT = "As in ANNA,BEN or 1,3."
GROUP_HINT = "As in GOV=1,3 or GOV=ANNA,BEN."
EVERYBODY = ""  # whose level it is where nobody is named


@dataclass(frozen=True, slots=True)
class Group:
    """Speakers whose voices go into one file.

    Attributes:
        name: Of the file.
        members: Their numbers or names.
    """

    name: str
    members: tuple[str, ...]

    def __str__(self) -> str:
        """The way in which it is written."""
        return f"{self.name}={','.join(self.members)}"


def read_others(text: str) -> dict[str, float]:
    """Level of all that isn't the voice in the files of voices, dB, by number or name.

    >>> read_others("-12dB, ANNA=-20"), read_others("2=off")
    ({'': -12.0, 'ANNA': -20.0}, {'2': -inf})

    Raises:
        SettingError: The text says something else, or more than there is.
    """
    levels: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        who, _, level = (word.strip() for word in part.rpartition("="))
        if who in levels:
            raise SettingError(f"{part!r} gives a second level", hint=OTHERS_HINT)
        levels[who] = _read_level(level)
    return levels


def write_others(levels: dict[str, float]) -> str:
    """Levels as `read_others` reads them.

    >>> write_others({"": -12.0, "ANNA": -inf})
    '-12dB,ANNA=off'
    """
    told = {who: "off" if level == -inf else f"{_tell(level)}dB" for who, level in levels.items()}
    return ",".join(f"{who}={level}" if who else level for who, level in told.items())


def _tell(level: float) -> str:
    return f"{level:.6f}".rstrip("0").rstrip(".")


def _read_level(text: str) -> float:
    word = text.lower().replace("\N{MINUS SIGN}", "-")
    if word in NOTHING:
        return -inf
    found = LEVEL.fullmatch(word)
    if found is None:
        raise SettingError(f"{text!r} is no level in dB", hint=OTHERS_HINT)
    if float(found[1]) > 0:
        raise SettingError(
            f"{text!r} would make the others louder than they are", hint=OTHERS_HINT
        )
    return float(found[1])


def read_keep(text: str) -> tuple[str, ...]:
    """Numbers or names of the speakers whose voices are kept apart.

    Raises:
        SettingError: Somebody is named twice.
    """
    return _list_words(text, KEEP_HINT)


def read_group(text: str) -> Group:
    """A group from its name and its members.

    >>> read_group("GOV = 1, BEN")
    Group(name='GOV', members=('1', 'BEN'))

    Raises:
        SettingError: It is none, or no file can be called like it.
    """
    name, equals, members = text.partition("=")
    words = _list_words(members, GROUP_HINT)
    if not equals or not words:
        raise SettingError(f"{text.strip()!r} is no group of speakers", hint=GROUP_HINT)
    if (chosen := choose_name(name)).isdecimal():
        raise SettingError(f"the group {chosen} would be taken for a number", hint=GROUP_HINT)
    return Group(chosen, words)


def read_groups(texts: Iterable[str]) -> tuple[str, ...]:
    """Groups as avsep writes them.

    Raises:
        SettingError: One is none, or two have one name.
    """
    if isinstance(texts, str):
        raise SettingError(f"groups = {texts!r} is no list", hint='As in ["GOV=1,3"].')
    groups = [read_group(text) for text in texts]
    names = [group.name.casefold() for group in groups]
    for name in names:
        if names.count(name) > 1:
            raise SettingError(f"two groups are called {name!r}", hint=GROUP_HINT)
    return tuple(map(str, groups))


def _list_words(text: str, hint: str) -> tuple[str, ...]:
    words = [word.strip() for word in text.split(",") if word.strip()]
    for word in words:
        if words.count(word) > 1:
            raise SettingError(f"{word!r} is named twice", hint=hint)
    return tuple(words)
