"""A recording and its voices: what separation hands to the outputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import inf
from pathlib import Path

from avsep.arrays import Sound
from avsep.faces.people import People, Person
from avsep.media.probing import MediaInfo
from avsep.progress import Progress, no_progress
from avsep.separation.activity import find_crosstalk, measure_frames
from avsep.separation.delay import Delay
from avsep.separation.stems import VoiceFiles
from avsep.separation.unseen import UnseenSpeaker
from avsep.speech.captions import Caption, Recogniser, cut_stretches, find_language, transcribe
from avsep.timeline import Seconds, Span


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
        agreement: Of the lips with what is heard, as `avsep.separation.agreement` measures it.
    """

    name: str
    person: Person
    voice: VoiceFiles
    speaking: tuple[Span, ...]
    captions: tuple[Caption, ...] = ()
    language: str = ""
    others: float = -inf
    agreement: float | None = None

    @property
    def pure(self) -> tuple[Path, float]:
        """A file with nothing but the voice, and its gain in dB.

        Where others stay in the file for editors, that for recognisers is pure.
        """
        voice = self.voice
        if self.others > -inf:
            return voice.narrow, voice.narrow_gain
        return voice.full, voice.gain


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
        alike: Groups of names whose voices are nearly the same.
        microphones: Channels that are as good as somebody's own, from 0 on, by name.
        standstills: When somebody is heard and nobody's lips move, in frames.
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
    alike: tuple[tuple[str, ...], ...] = ()
    microphones: Mapping[str, int] = field(default_factory=dict)
    standstills: tuple[Span, ...] = ()

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
