"""The network over a recording: stems, and who speaks when."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from math import inf
from pathlib import Path

from avsep.arrays import Sound
from avsep.errors import FaceError
from avsep.faces.people import People, Person
from avsep.faces.placing import cut_people
from avsep.media.downmix import choose_weights
from avsep.media.own_sound import lay_own_sound
from avsep.media.probing import MediaInfo
from avsep.media.reading import extract_audio
from avsep.media.sound import SoundFileReader
from avsep.media.stretches import Cut, find_frames
from avsep.options import Options
from avsep.progress import Progress, no_progress
from avsep.separation.activity import find_crosstalk, find_loud, listen, measure_frames
from avsep.separation.beds import Bed, add_up, join_people, name_stems, plan_beds
from avsep.separation.delay import Delay, find_delay, shift
from avsep.separation.enhance import Engine
from avsep.separation.levels import finish_voice
from avsep.separation.parts import (
    count_blocks,
    fill_gaps,
    find_samples,
    open_part,
    separate_spans,
)
from avsep.separation.stems import Files, VoiceFiles, write_voices
from avsep.separation.unseen import (
    Heard,
    UnseenSpeaker,
    finish_unseen,
    name_targets,
    number_unseen,
    take_unseen,
)
from avsep.speech.captions import Caption, Recogniser, cut_stretches, find_language, transcribe
from avsep.timeline import FRAME_RATE, Seconds, Span, count_frames

_log = logging.getLogger(__name__)

DOUBTED = 0.5  # seconds by which a stated length may be wrong before it is corrected
MADE = "made"  # folder of the result's files, among those that are only worked with


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
    shown = find_shown(cut, people)
    beds = plan_beds(people.persons, shown.persons, options)
    wanted = {number for bed in beds for number in bed.numbers}
    stems = name_stems(cut.info, beds, options)
    unseen = number_unseen(people.persons, beds, engine.samples)
    with closing(_open_sound(cut.source, scratch, people.frames / FRAME_RATE)) as whole:
        delay = find_delay(engine.network, whole, people.persons)
        heard = list(shift(people.persons, delay.frames))
        asked = [person.number in wanted for person in heard]
        spans = find_samples(cut, whole)
        found = separate_spans(engine, whole, heard, asked, spans)
        total = count_blocks(spans, whole.sample_rate)
        blocks = iter(progress(found, "separating voices", total))
        raw = _make_folder(scratch / "raw")
        targets = [raw / f"{stem}.wav" for stem in stems]
        with closing(open_part(cut, whole, spans)) as mixture:
            if cut.info is cut.source:
                blocks = fill_gaps(blocks, spans, whole.samples)
            factors = [bed.factor for bed in beds]
            files = Files(targets, factors, cut.info.sample_rate)
            *voices, rest = write_voices(add_up(blocks, beds), mixture, files)
        loud = find_loud(whole) if cut.stretches else None
    later = delay.frames - round(cut.info.start * FRAME_RATE)
    talkers = join_people(list(shift(people.persons, later)), beds)
    narrow = [voice.narrow for voice in voices]
    speaking = listen(talkers, narrow, mixture, shown.frames, loud)
    known = list(zip(narrow, speaking, strict=True))
    targets = name_targets(raw, cut.info.path.stem, unseen, options)
    heard_in = Heard(mixture.path, shown.frames, mixture.weights)
    taken, rest = take_unseen(rest, known, heard_in, engine.samples, targets)
    made = _make_folder(scratch / MADE)
    others = finish_unseen(unseen, taken, made, options)
    speakers = _finish(shown, beds, voices, speaking, options, made)
    rest = finish_voice(rest, made, options, speaks=False)
    lengths = shown.frames / FRAME_RATE, mixture.samples / mixture.sample_rate
    return Separation(
        correct_length(cut.info, *lengths),
        shown,
        speakers,
        rest,
        mixture.path,
        made,
        delay,
        mixture.weights,
        stretches=cut.stretches,
        unseen=others,
    )


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


def _make_folder(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return folder


def _finish(
    people: People,
    beds: Sequence[Bed],
    voices: Sequence[VoiceFiles],
    speaking: Sequence[tuple[Span, ...]],
    options: Options,
    made: Path,
) -> tuple[Speaker, ...]:
    """The wanted people with their voices, which are brought into the wanted form."""
    joined = join_people(people.persons, beds)
    return tuple(
        Speaker(
            bed.name,
            person,
            finish_voice(voice, made, options, speaks=bool(spans)),
            spans,
            language=options.language or "",
            others=bed.others,
        )
        for bed, person, voice, spans in zip(beds, joined, voices, speaking, strict=True)
    )


def correct_length(info: MediaInfo, *found: float) -> MediaInfo:
    """What was found to be there is believed more than what the file states, in seconds."""
    length = max(found)
    return info if abs(length - info.duration) < DOUBTED else replace(info, duration=length)


def working_rate(sample_rate: int) -> int:
    """The rate to compute at: the source's own, or a multiple that has a 10 ms hop."""
    return next(
        (rate for factor in (1, 2, 4) if (rate := factor * sample_rate) % 100 == 0), 48_000
    )


def _open_sound(info: MediaInfo, folder: Path, shortest: float) -> SoundFileReader:
    path = folder / "mixture.wav"
    read = lay_own_sound if info.own_sound else extract_audio
    read(info, path, working_rate(info.sample_rate), shortest=shortest)
    sound = SoundFileReader(path)
    sound.weights = choose_weights(sound)
    if sound.weights is not None:
        _log.debug("%s: channels are heard with weights %s", info.path, sound.weights)
    return sound


@dataclass(frozen=True, slots=True, eq=False)
class Speaker:
    """Somebody whose voice was asked for, or a group as one.

    Attributes:
        name: As it stands in the names of files.
        person: Who it is, and when their lips are seen.
        voice: Sound files, as long as the recording.
        speaking: Frames from which and up to which they speak, in order.
        captions: What they say, if that was asked for.
        language: What they speak, ISO 639; empty if that isn't known.
        others: Level of all else in the file for editors, dB.
    """

    name: str
    person: Person
    voice: VoiceFiles
    speaking: tuple[Span, ...]
    captions: tuple[Caption, ...] = ()
    language: str = ""
    others: float = -inf


@dataclass(frozen=True, slots=True, eq=False)
class Separation:
    """A recording and its voices.

    Attributes:
        info: The recording.
        people: Everybody visible, who was left out, and the cuts.
        speakers: Everybody whose voice was asked for, by their numbers.
        rest: What the voices leave of the recording.
        mixture: The recording's own sound, at the rate that was worked at.
        folder: Where all files of the result are made, in the folder that is worked in.
        weights: Of the channels in the one sound that was heard; None for their mean.
        place: The folder in which the result will lie.
        unseen: Those who are not seen and were known by a sample.
        delay: How late the sound is against the lips; the voices were found with it made up for.
        stretches: Seconds of the recording that were worked on, in order; all without any.
    """

    info: MediaInfo
    people: People
    speakers: tuple[Speaker, ...]
    rest: VoiceFiles
    mixture: Path
    folder: Path
    delay: Delay = field(default_factory=Delay)
    weights: Sound | None = None
    place: Path = Path()
    stretches: tuple[Seconds, ...] = ()
    unseen: tuple[UnseenSpeaker, ...] = ()

    @property
    def scratch(self) -> Path:
        """The folder that is worked in: what isn't part of the result goes in here."""
        return self.folder.parent

    @property
    def heard(self) -> list[Speaker | UnseenSpeaker]:
        """Everybody with a voice, the visible first."""
        return [*self.speakers, *self.unseen]

    @property
    def sounds(self) -> list[Path]:
        """All sound files of the result."""
        voices = [*(speaker.voice for speaker in self.heard), self.rest]
        return [path for voice in voices for path in (voice.file, voice.narrow)]

    @property
    def crosstalk(self) -> tuple[Span, ...]:
        """When more than one of the speakers speak, in frames."""
        return find_crosstalk([speaker.speaking for speaker in self.speakers])


def caption(
    separation: Separation, recognise: Recogniser, progress: Progress = no_progress
) -> Separation:
    """Add what each speaker says, and in which language."""
    return replace(
        separation,
        speakers=tuple(
            _caption(speaker, separation.people.frames, recognise, progress)
            for speaker in separation.speakers
        ),
    )


def _caption(speaker: Speaker, frames: int, recognise: Recogniser, progress: Progress) -> Speaker:
    stretches = cut_stretches(speaker.speaking, measure_frames(speaker.voice.narrow, frames))
    shown = progress(stretches, f"transcribing {speaker.name}", len(stretches))
    captions = tuple(transcribe(speaker.voice.narrow, shown, recognise))
    return replace(
        speaker, captions=captions, language=speaker.language or find_language(captions)
    )
