"""From a recording and its people to a voice for everybody who is wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from avsep.errors import FaceError
from avsep.faces.people import People, Person
from avsep.faces.placing import cut_people
from avsep.media.probing import MediaInfo
from avsep.media.sound import SoundFileReader
from avsep.media.stretches import Cut, find_frames
from avsep.options import Options
from avsep.progress import Progress, no_progress
from avsep.separation.activity import find_loud
from avsep.separation.agreement import measure_agreements
from avsep.separation.alike import find_alike
from avsep.separation.beds import Bed, add_up, group_people, name_stems, plan_beds
from avsep.separation.delay import Delay, find_delay, shift
from avsep.separation.enhance import Engine
from avsep.separation.levels import finish_voice
from avsep.separation.microphones import find_microphones
from avsep.separation.mixture import open_mixture
from avsep.separation.parts import (
    count_blocks,
    fill_gaps,
    find_samples,
    open_part,
    separate_spans,
)
from avsep.separation.recording import Separation, Speaker
from avsep.separation.stems import Files, VoiceFiles, write_voices
from avsep.separation.talk import Talk, listen
from avsep.separation.unseen import (
    Heard,
    finish_unseen,
    number_unseen,
    take_unseen,
)
from avsep.speech.samples import VoiceSample
from avsep.timeline import FRAME_RATE, Span, count_frames

DOUBTED = 0.5  # seconds by which a stated length may be wrong before it is corrected
RAW, MADE = "raw", "made"  # folders of voices as they are separated, and as results hold them


@dataclass(frozen=True, slots=True, eq=False)
class _Plan:
    """What is to be made of a recording.

    Attributes:
        cut: The recording, and what is wanted of it.
        people: Everybody visible in it.
        shown: Who of them is seen in what is wanted, in frames of that.
        beds: The files of voices, and who is in them.
        unseen: Names by number of those who are known by a sample alone.
        stems: What the files of `beds`, of the rest and of `unseen` are called.
        options: The kind of files, and what they are called.
    """

    cut: Cut
    people: People
    shown: People
    beds: Sequence[Bed]
    unseen: Mapping[int, str]
    stems: Sequence[str]
    options: Options


@dataclass(frozen=True, slots=True, eq=False)
class _Stems:
    """Sounds in 32-bit float, at the level of the recording.

    Attributes:
        voices: One for each bed.
        rest: What they leave.
        mixture: What all of them add up to; its file is closed.
    """

    voices: Sequence[VoiceFiles]
    rest: VoiceFiles
    mixture: SoundFileReader


def separate(
    cut: Cut,
    people: People,
    engine: Engine,
    options: Options,
    scratch: Path,
    progress: Progress = no_progress,
) -> Separation:
    """Write the voice of everybody wanted and the rest of the sound, and tell who speaks when.

    Args:
        cut: The recording, and what is wanted of it.
        people: Everybody visible in it.
        engine: Network that separates.
        options: Who is wanted, and the kind of files.
        scratch: An existing folder to work in; what is made of the recording goes into one in it.
        progress: Progress hook.
    """
    plan = _make_plan(cut, people, engine.samples, options)
    with closing(open_mixture(cut.source, scratch, people.frames / FRAME_RATE)) as sound:
        delay = find_delay(engine.network, sound, people.persons)
        stems = _write_stems(plan, sound, delay, engine, scratch, progress)
        loud = find_loud(sound) if cut.stretches else None
    talkers, others = _find_talkers(plan, delay)
    talk = _find_talk(plan, stems, talkers, others, loud)
    made = _make_folder(scratch / MADE)
    separation = _finish(plan, stems, talk, delay, engine.samples, made)
    return measure_agreements(separation, engine.network, talkers)


def _make_plan(
    cut: Cut, people: People, samples: Sequence[VoiceSample], options: Options
) -> _Plan:
    shown = find_shown(cut, people)
    beds = plan_beds(people.persons, shown.persons, options)
    unseen = number_unseen(people.persons, beds, samples)
    stems = name_stems(cut.info, beds, unseen, options)
    return _Plan(cut, people, shown, beds, unseen, stems, options)


def find_shown(cut: Cut, people: People) -> People:
    """Who is seen in what is wanted of a recording, in frames of that.

    Raises:
        FaceError: Nobody is.
    """
    if not cut.stretches:
        return people
    start = cut.info.start
    frames = people.frames if cut.info is cut.source else count_frames(cut.info.duration)
    spans = find_frames(cut.stretches, start)
    shown = cut_people(people, spans, round(start * FRAME_RATE), frames)
    if not shown.persons:
        raise FaceError(
            f"{cut.source.path}: in that range there is no face whose lips can be read",
            hint="`avsep faces` shows who is seen when.",
        )
    return shown


def _write_stems(
    plan: _Plan,
    sound: SoundFileReader,
    delay: Delay,
    engine: Engine,
    scratch: Path,
    progress: Progress,
) -> _Stems:
    """Separate what is wanted of a recording, block by block, into files.

    Args:
        plan: What is to be made.
        sound: Of the whole recording.
        delay: Of the sound against the lips.
        engine: Network that separates.
        scratch: Folder to work in.
        progress: Progress hook.
    """
    cut, beds = plan.cut, plan.beds
    wanted = {number for bed in beds for number in bed.numbers}
    people = list(shift(plan.people.persons, delay))
    spans = find_samples(cut, sound)
    asked = [person.number in wanted for person in people]
    found = separate_spans(engine, sound, people, asked, spans)
    total = count_blocks(engine, sound, people, spans)
    blocks = iter(progress(found, "separating voices", total))
    if cut.info is cut.source:
        blocks = fill_gaps(blocks, spans, sound.samples)
    folder = _make_folder(scratch / RAW)
    targets = [folder / f"{stem}.wav" for stem in plan.stems[: len(beds) + 1]]
    files = Files(targets, [bed.factor for bed in beds], cut.info.sample_rate)
    with closing(open_part(cut, sound, spans)) as mixture:
        *voices, rest = write_voices(add_up(blocks, beds), mixture, files)
    return _Stems(voices, rest, mixture)


def _find_talkers(plan: _Plan, delay: Delay) -> tuple[list[Person], list[Person]]:
    """Whose voices the files hold and who else is seen, when they are heard."""
    later = -round(plan.cut.info.start * FRAME_RATE)
    people = list(shift(plan.people.persons, delay, later))
    wanted = {number for bed in plan.beds for number in bed.numbers}
    others = [person for person in people if person.number not in wanted]
    return group_people(people, plan.beds), others


def _find_talk(
    plan: _Plan,
    stems: _Stems,
    talkers: Sequence[Person],
    others: Sequence[Person],
    loud: float | None,
) -> Talk:
    """When each voice speaks, in frames of what is wanted.

    Args:
        plan: What is to be made.
        stems: The voices.
        talkers: Whose they are.
        others: Who is seen beside them.
        loud: Power of the loud frames of the whole recording; None if all of it is wanted.
    """
    narrow, frames = [voice.narrow for voice in stems.voices], plan.shown.frames
    talk = listen(talkers, others, narrow, stems.mixture, frames, loud)
    if not plan.cut.stretches:
        return talk
    start = plan.cut.info.start
    first = round(start * FRAME_RATE)  # of the files, which hold no more than a range
    spans = find_frames(plan.cut.stretches, start)
    return talk.within([(low - first, high - first) for low, high in spans], frames)


def _finish(
    plan: _Plan,
    stems: _Stems,
    talk: Talk,
    delay: Delay,
    samples: Sequence[VoiceSample],
    made: Path,
) -> Separation:
    """Bring all voices into the wanted form, those of unseen people out of the rest.

    Args:
        plan: What is to be made.
        stems: The voices; they are used up.
        talk: When each of them speaks.
        delay: Of the sound against the lips.
        samples: Voices of people whom nobody sees.
        made: Folder of the result's files.
    """
    info, shown, mixture, options = plan.cut.info, plan.shown, stems.mixture, plan.options
    alike = find_alike([voice.narrow for voice in stems.voices])
    known = [
        (voice.narrow, spans) for voice, spans in zip(stems.voices, talk.speaking, strict=True)
    ]
    channels = find_microphones([voice.full for voice in stems.voices])
    unseen = plan.stems[len(plan.beds) + 1 :]
    targets = [made.with_name(RAW) / f"{stem}.wav" for stem in unseen]
    heard = Heard(mixture.path, shown.frames, mixture.weights)
    taken, rest = take_unseen(stems.rest, known, heard, samples, targets)
    lengths = shown.frames / FRAME_RATE, mixture.samples / mixture.sample_rate
    return Separation(
        correct_length(info, *lengths),
        shown,
        speakers=_finish_speakers(plan, stems.voices, talk.speaking, made),
        rest=finish_voice(rest, made, options, speaks=False),
        mixture=mixture.path,
        folder=made,
        delay=delay,
        weights=mixture.weights,
        stretches=plan.cut.stretches,
        unseen=finish_unseen(plan.unseen, taken, made, options),
        standstills=talk.standstills,
        microphones={plan.beds[place].name: channel for place, channel in channels.items()},
        alike=tuple(tuple(plan.beds[place].name for place in group) for group in alike),
    )


def _finish_speakers(
    plan: _Plan,
    voices: Sequence[VoiceFiles],
    speaking: Sequence[tuple[Span, ...]],
    made: Path,
) -> tuple[Speaker, ...]:
    """The wanted people with their voices, which are brought into the wanted form."""
    joined, options = group_people(plan.shown.persons, plan.beds), plan.options
    return tuple(
        Speaker(
            bed.name,
            person,
            finish_voice(voice, made, options, speaks=bool(spans)),
            spans,
            language=options.language or "",
            others=bed.others,
        )
        for bed, person, voice, spans in zip(plan.beds, joined, voices, speaking, strict=True)
    )


def _make_folder(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return folder


def correct_length(info: MediaInfo, *found: float) -> MediaInfo:
    """What was found to be there is believed more than what the file states, in seconds."""
    length = max(found)
    return info if abs(length - info.duration) < DOUBTED else replace(info, duration=length)
