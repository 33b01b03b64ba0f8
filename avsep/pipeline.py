"""From a video to one voice for each face: the whole story, and who tells it."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from avsep.arrays import Sound
from avsep.device import use_threads
from avsep.errors import MediaError
from avsep.faces.dividing import divide_people
from avsep.faces.growing import Spot
from avsep.faces.memory import PeopleMemory
from avsep.faces.people import People, keep_with
from avsep.faces.picture_choice import choose_picture
from avsep.faces.scan import Looking, look_for_people
from avsep.files import KeptFolder
from avsep.kit import Kit, name_tools
from avsep.media.own_sound import place_own_sound
from avsep.media.probing import MediaInfo, probe
from avsep.media.stretches import Cut, plan_cut
from avsep.model.checkpoint import find_weights
from avsep.model.network import SeparationNetwork
from avsep.options import Options
from avsep.outputs.caveats import tell_at_once
from avsep.outputs.folder import scratch_folder, writing_to
from avsep.outputs.inputs import Inputs
from avsep.outputs.opening import open_recording
from avsep.outputs.products import Failures
from avsep.outputs.space import check_memory
from avsep.outputs.target import check_room, check_target, name_result, place_in
from avsep.progress import Progress, no_progress
from avsep.result import Result, check_result, publish
from avsep.separation.event import join_cameras, open_cameras
from avsep.separation.parts import choose_context
from avsep.separation.preview import cut_densest
from avsep.separation.recording import caption
from avsep.separation.voices import find_shown, separate
from avsep.separation.waveform import separate_waveform
from avsep.timeline import Seconds

_log = logging.getLogger(__name__)
TMPDIR = "Name another folder in TMPDIR."


@use_threads()
def split(
    source: str | Path | MediaInfo,
    output: str | Path,
    separator: Separator | None = None,
    options: Options | None = None,
    progress: Progress = no_progress,
    name: str = "",
    **wanted: Any,  # noqa: ANN401
) -> Result:
    """Give each visible speaker of a recording a voice of their own.

    Args:
        source: Video file, or a recording that `open_recording` has looked at.
        output: The result goes into a folder in here.
        separator: What does it; by default the bundled weights on the best device.
        options: What is wanted.
        progress: Hook, ``progress(iterator, what, total)``, as `avsep.progress_bar`.
        name: Of that folder; by default that of the source without its suffix, and the range.
        **wanted: Single options by their names, as in ``video=True``.

    Raises:
        MediaError: The source can't be read, has no sound or no pictures, or changes meanwhile.
        FaceError: No face can be followed.
        SettingError: A speaker is asked for who isn't there.
        OutputError: The result exists already.
        IncompleteError: The voices are finished and kept, but a product could not be made.
    """
    options = replace(options or Options(), **wanted)
    separator = separator or Separator()
    recording = open_recording(source, options)
    inputs = Inputs.take(recording.path, options)
    recording = separator.choose_picture(recording, options.video_stream)
    cut = plan_cut(recording, options)
    place = place_in(output, name or name_result(recording.path, options))
    target = check_target(cut.info, place, options)
    check = partial(check_room, cut.info, target.folder, options, mouth=separator.mouth_size)
    check(people=1)
    recognise = separator.open_recogniser(options)  # one that is missing shows before the work
    failures = Failures(target.folder.parent)
    with scratch_folder(target.folder.parent) as scratch:
        recording = place_own_sound(recording, scratch)
        with writing_to(Path(tempfile.gettempdir()), TMPDIR):  # samples may lie in that sound
            engine = separator.open_engine(recording, options)
        recording = open_cameras(recording, options.cameras, scratch)
        cut, people = separator.find_cast(recording, options, scratch, progress)
        check(people=len(options.speakers or people.persons))
        separation = separate(cut, people, engine, options, scratch, progress)
        for doubt in tell_at_once(separation):
            _log.warning("%s: %s", recording.path, doubt)
        if recognise:
            hear = partial(caption, separation, recognise, progress)
            separation = failures.keep("subtitles", separation.folder, hear, separation)
        result = publish(separation, target, options, inputs, separator.tools, failures)
    check_result(result, recording.path, target.folder, failures)
    return result


@dataclass(frozen=True, slots=True)
class SeparatorConfig:
    """What makes a `Separator`, in words: it travels to other processes and machines.

    Attributes:
        model: Bundled weights or a checkpoint file.
        device: As `avsep.device.choose_device` knows it.
        detector: One of `avsep.choices.Detector`.
        precision: One of `avsep.choices.Precision`.
        passes: How often the network separates; None for as often as it learnt to.
        threads: That look for faces; None for as many as do some good.
    """

    model: str | Path = "base"
    device: str = "auto"
    detector: str = "auto"
    precision: str = "auto"
    passes: int | None = None
    threads: int | None = None

    @property
    def tools(self) -> dict[str, Any]:
        """What shapes a result, as manifests name it."""
        return name_tools(find_weights(self.model), self.passes, self.detector)


class Separator(Kit):
    """Finds people in recordings and gives them voices; everything is loaded once.

    Attributes:
        remembers: Whether the people of the last recording are kept for what comes next.
        spot: Hears of faces while they are looked for: of each that is newly followed a portrait.
    """

    remembers = False
    spot: Spot | None = None

    @cached_property
    def _memory(self) -> PeopleMemory:
        return PeopleMemory()

    @classmethod
    def of(cls, config: SeparatorConfig, network: SeparationNetwork | None = None) -> Separator:
        """As a configuration says, with its network if that is loaded already."""
        separator = cls(**asdict(config))
        if network is not None:
            separator.network = network
        return separator

    def split(
        self,
        source: str | Path,
        output: str | Path,
        options: Options | None = None,
        progress: Progress = no_progress,
        **wanted: Any,  # noqa: ANN401
    ) -> Result:
        """Give each visible speaker of a recording a voice of their own, as `avsep.split`."""
        return split(source, output, self, options, progress, **wanted)

    @use_threads()
    def find_people(
        self,
        source: str | Path,
        progress: Progress = no_progress,
        *,
        video_stream: str | None = None,
        ranges: Sequence[str] = (),
        divide: Sequence[str] = (),
    ) -> People:
        """Everybody who is visible in a recording, which needs no sound.

        Their mouths lie in files that are removed once nobody refers to them any more.

        Args:
            source: Video file.
            progress: Hook, as `avsep.progress_bar`.
            video_stream: Number or language of the picture, if not the one with the most faces.
            ranges: Parts of the recording, like "12:30-14:05"; none for all of it.
            divide: Whoever was taken for somebody else, as in `Options`.

        Raises:
            MediaError: It can't be read, or has no pictures.
            FaceError: Nobody is found.
        """
        info = probe(Path(source))
        if not info.has_video:
            raise MediaError(f"{source} has no pictures", hint="Choose a video.")
        info = self.choose_picture(info, video_stream)
        options = Options(ranges=tuple(ranges), divide=tuple(divide), whole=True)
        cut = plan_cut(info, options)
        with (
            writing_to(Path(tempfile.gettempdir()), TMPDIR),
            KeptFolder() as folder,
        ):
            people = self.look_for_people(info, folder.path, progress, cut.looked)
            people = divide_people(info, people, options.divide)
            return keep_with(folder, find_shown(cut, people))

    @use_threads()
    def separate(self, waveform: Sound, people: People, *, sample_rate: int) -> dict[str, Sound]:
        """The voice of everybody in a sound that lies in memory; nothing is written.

        Args:
            waveform: In [-1, 1], (channels, samples) or (samples,); its first sample belongs to
                the first frame in which people were looked for.
            people: Who is visible, as `find_people` gives it.
            sample_rate: Hz.

        Returns:
            Under the name of each person their voice, under "rest" what the voices leave of the
            sound; each of the shape of the waveform.

        Raises:
            SettingError: It is no waveform.
        """
        stems = separate_waveform(self.engine, waveform, sample_rate, people.persons)
        names = [*(person.name for person in people.persons), "rest"]
        return dict(zip(names, stems, strict=True))

    def find_cast(
        self, recording: MediaInfo, options: Options, folder: Path, progress: Progress
    ) -> tuple[Cut, People]:
        """What of a recording is wanted, where its sound lies by now, and who is seen in it.

        A preview looks for that itself; what other cameras see of people is added.
        """
        if options.preview:
            how = Looking(self.detect, None, self.mouth_size)
            cut = cut_densest(recording, how, folder, progress)
        else:
            cut = plan_cut(recording, options)
        people = self.look_for_people(recording, folder, progress, cut.looked)
        people = divide_people(recording, people, options.divide)
        look = partial(self.look_for_people, progress=progress)
        return cut, join_cameras(recording, people, look, self.embed, folder)

    def look_for_people(
        self,
        info: MediaInfo,
        folder: Path,
        progress: Progress = no_progress,
        stretches: Sequence[Seconds] = (),
    ) -> People:
        """Everybody in a recording or around parts of it, their mouths in files in a folder."""
        context = choose_context(self.engine)
        how = Looking(self.detect, self.embed, self.mouth_size, context, self.spot)
        # Of several ranges each is a job of its own, and in all of them the same people are meant.
        if self.remembers or len(stretches) > 1:
            with writing_to(Path(tempfile.gettempdir()), TMPDIR):
                return self._memory.look(info, how, progress, stretches)
        return look_for_people(info, how, folder, progress, stretches)

    def choose_picture(self, info: MediaInfo, video_stream: str | None = None) -> MediaInfo:
        """The recording with the pictures that are watched; says so where there are several."""
        info = choose_picture(info, self.detect, video_stream)
        check_memory(info)
        for remark in info.selection.remarks:
            _log.warning("%s: %s", info.path, remark)
        return info
