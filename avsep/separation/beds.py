"""Which file of a result holds whose voices, and how much of all else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf

import numpy as np

from avsep.arrays import Sound
from avsep.beds import EVERYBODY, Group, read_group, read_keep, read_others
from avsep.errors import SettingError
from avsep.faces.people import Person
from avsep.media.probing import MediaInfo
from avsep.names import name_file, refuse_doubles, refuse_same_files
from avsep.options import Options


@dataclass(frozen=True, slots=True)
class Bed:
    """One file of a result.

    Attributes:
        name: As it stands in the file's name.
        numbers: Of the people whose voices it holds, in order.
        others: Level of all else in it, dB.
    """

    name: str
    numbers: tuple[int, ...]
    others: float = -inf

    @property
    def factor(self) -> float:
        """By which all else is multiplied."""
        return 0.0 if self.others == -inf else float(10 ** (self.others / 20))


def plan_beds(people: Sequence[Person], shown: Sequence[Person], options: Options) -> list[Bed]:
    """The files of voices that are wanted, by the first number in each.

    Args:
        people: Everybody who was found.
        shown: Those who are seen in the wanted part of the recording.
        options: Who is wanted, kept and grouped.

    Raises:
        SettingError: Somebody is named who isn't there, or whose voice would go into two files.
    """
    wanted = choose_names(people, options.speakers, options.names)
    known = {person.number: person.name for person in people} | wanted | dict(options.names or {})
    groups = [_find_group(read_group(text), known) for text in options.groups]
    kept = [find_number(word, known) for word in read_keep(options.keep)]
    grouped = [number for group in groups for number in group.numbers]
    _refuse_twice([*kept, *grouped], known)
    singles = kept or [number for number in wanted if number not in grouped]
    beds = [*(Bed(known[number], (number,)) for number in singles), *groups]
    refuse_doubles({bed.numbers[0]: bed.name for bed in beds})
    beds = _set_levels(beds, read_others(options.others), known)
    seen = {person.number for person in shown}
    there = [replace(bed, numbers=tuple(n for n in bed.numbers if n in seen)) for bed in beds]
    there = sorted((bed for bed in there if bed.numbers), key=lambda bed: bed.numbers)
    if not there:
        raise SettingError(
            f"of {', '.join(bed.name for bed in beds)} nobody is seen in that range",
            hint="`avsep faces` shows who is seen when.",
        )
    return there


def choose_names(
    people: Sequence[Person],
    wanted: Mapping[int, str] | None,
    named: Mapping[int, str] | None = None,
) -> dict[int, str]:
    """Names of the wanted people by number.

    Args:
        people: Everybody who was found.
        wanted: Names of those that are wanted; None for everybody.
        named: Names of some, where everybody is wanted.

    Raises:
        SettingError: Somebody is named who isn't there, or two would share a name.
    """
    missing = (wanted or named or {}).keys() - {person.number for person in people}
    if missing:
        raise SettingError(
            f"there is no speaker {min(missing)}: {len(people)} were found",
            hint="`avsep faces` shows who is who.",
        )
    if wanted is not None:
        return dict(sorted(wanted.items()))
    names = {person.number: person.name for person in people} | dict(named or {})
    refuse_doubles(names)
    return names


def find_number(word: str, known: Mapping[int, str]) -> int:
    """The number of somebody who is named, or numbered.

    Raises:
        SettingError: There is nobody of that name or number.
    """
    if word.isdecimal() and int(word) in known:
        return int(word)
    for number, name in known.items():
        if name.casefold() == word.casefold():
            return number
    there = ", ".join(f"{number} ({name})" for number, name in sorted(known.items()))
    raise SettingError(f"there is no speaker {word}", hint=f"There are {there}.")


def add_up(blocks: Iterable[Sound], beds: Sequence[Bed]) -> Iterator[Sound]:
    """Voices of single people as those of files.

    Args:
        blocks: (people, channels, samples), of everybody who is in a file, by number.
        beds: The files.

    Yields:
        (files, channels, samples)
    """
    order = sorted(number for bed in beds for number in bed.numbers)
    rows = [[order.index(number) for number in bed.numbers] for bed in beds]
    for block in blocks:
        yield np.stack([block[row].sum(0) for row in rows])


def group_people(people: Sequence[Person], beds: Sequence[Bed]) -> list[Person]:
    """For each file those whose voices it holds, as one person."""
    found = {person.number: person for person in people}
    joined = []
    for bed in beds:
        clips = [clip for number in bed.numbers for clip in found[number].clips]
        if len(bed.numbers) > 1:
            clips.sort(key=lambda clip: (clip.track.start, clip.track.person))
        joined.append(Person(bed.numbers[0], tuple(clips)))
    return joined


def name_stems(
    info: MediaInfo, beds: Sequence[Bed], unseen: Mapping[int, str], options: Options
) -> list[str]:
    """What the files of each voice, of the rest, and of whom nobody sees, are called.

    Args:
        info: The recording.
        beds: The files of voices.
        unseen: Names by number of those who are not seen.
        options: The template of names.

    Returns:
        Names without a suffix, no two of them the same.

    Raises:
        SettingError: Two would be called the same.
    """
    called = [(bed.name, bed.numbers[0]) for bed in beds]
    called += [("rest", 0), *((name, number) for number, name in unseen.items())]
    template, source = options.file_names, info.path.stem
    stems = [name_file(template, source, name, number) for name, number in called]
    refuse_same_files(stems)
    return stems


def _find_group(group: Group, known: Mapping[int, str]) -> Bed:
    numbers = sorted(find_number(word, known) for word in group.members)
    return Bed(group.name, tuple(numbers))


def _refuse_twice(numbers: Sequence[int], known: Mapping[int, str]) -> None:
    """Each voice in one file, so that all files together are the recording."""
    for number in numbers:
        if numbers.count(number) > 1:
            raise SettingError(
                f"the voice of {known[number]} (speaker {number}) would go into two files",
                hint="Name each speaker in --keep or in one --group.",
            )


def _set_levels(
    beds: Sequence[Bed], levels: Mapping[str, float], known: Mapping[int, str]
) -> list[Bed]:
    """Files with the levels of all else in them."""
    usual = levels.get(EVERYBODY, -inf)
    named = {bed.name.casefold(): bed for bed in beds}
    own: dict[tuple[int, ...], float] = {}
    for who, level in levels.items():
        if who == EVERYBODY:
            continue
        bed = named.get(who.casefold())
        number = bed.numbers[0] if bed else find_number(who, known)
        bed = bed or next((each for each in beds if each.numbers == (number,)), None)
        if bed is None:
            there = ", ".join(each.name for each in beds)
            raise SettingError(
                f"--others: {who} has no file of their own", hint=f"There are {there}."
            )
        own[bed.numbers] = level
    return [replace(bed, others=own.get(bed.numbers, usual)) for bed in beds]
