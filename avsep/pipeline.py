"""From a video to one voice for each face: the whole story."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from avsep.appearance import load_embedder
from avsep.captions import Recogniser
from avsep.choosing import choose_picture, choose_sound
from avsep.computing import choose_device, count_detector_threads, use_threads
from avsep.cropping import stored_side
from avsep.downmix import choose_weights
from avsep.enhance import CHUNK, Person, enhance
from avsep.errors import FaceError, MediaError, SettingError
from avsep.faces import FaceDetector, load_detector
from avsep.identity import Embedder
from avsep.lips import People, find_people
from avsep.media import FRAME_RATE, extract_audio, read_frames
from avsep.model import SpeechSeparator, find_weights, load_model
from avsep.naming import name_file
from avsep.needs import check_channels, check_disk, check_memory, estimate_disk
from avsep.outlook import check_encoders, check_file_size, check_names
from avsep.outputs.levels import finish_voice
from avsep.outputs.manifest import describe, may_be_redone, write_manifest
from avsep.outputs.products import Failures, make_products
from avsep.outputs.sound import SoundFileReader, write_voices
from avsep.placing import check_target, free_scratch, move_result, scratch_folder
from avsep.probing import MediaInfo, probe
from avsep.recognising import load_recogniser
from avsep.result import Result, check_result, describe_result
from avsep.separation import Separation, Speaker, caption, listen
from avsep.streams import find_streams
from avsep.sync import find_delay, shift
from avsep.wanted import Options
from avsep.watching import Watch, watch_silently

DOUBTED = 0.5  # seconds by which a stated length may be wrong before it is corrected

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Equipment:
    """What every recording of a batch is worked on with.

    Attributes:
        network: In evaluation mode, on the device that shall compute.
        weights: The checkpoint it came from.
        detect: Finds faces.
        embed: Tells by which face a person is known again after a cut.
        open_recogniser: From the name of its weights and a language makes what hears words.
    """

    network: SpeechSeparator
    weights: Path
    detect: FaceDetector
    embed: Embedder | None = None
    open_recogniser: Callable[[str, str | None], Recogniser] = load_recogniser

    @classmethod
    def load(
        cls, model: str | Path = "base", detector: str = "auto", device: str = "auto"
    ) -> Equipment:
        """What the command line works with; torch's threads are set as there, for the same bits.

        Args:
            model: Bundled weights, or a checkpoint file.
            detector: One of `avsep.faces.DETECTORS`.
            device: As `avsep.computing.choose_device` knows it.
        """
        use_threads()
        weights, device = find_weights(model), choose_device(device)
        detect = load_detector(detector, device, count_detector_threads())
        embed = load_embedder(device)
        hear = partial(load_recogniser, device=device)
        return cls(load_model(weights, device), weights, detect, embed, hear)


def split(
    source: str | Path,
    output: str | Path,
    equipment: Equipment,
    options: Options | None = None,
    watch: Watch = watch_silently,
    name: str = "",
) -> Result:
    """Give each visible speaker of a recording a voice of their own.

    Args:
        source: Video file.
        output: The result goes into a folder in here.
        equipment: Network and detector.
        options: What is wanted.
        watch: Progress hook, ``watch(iterator, what, total)``.
        name: Of that folder; by default that of the source without its suffix.

    Raises:
        MediaError: The source can't be read, or has no sound or no pictures.
        FaceError: No face can be followed.
        SettingError: A speaker is asked for who isn't there.
        OutputError: The result exists already.
        IncompleteError: The voices are finished and kept, but a product could not be made.
    """
    options = options or Options()
    source, output = Path(source), Path(output)
    if Path(name).is_absolute() or ".." in Path(name).parts:
        raise SettingError(f"{name!r} is no folder inside {output}", hint="Give another name.")
    info = choose_picture(check_source(source, options), equipment.detect, options.video_stream)
    check_memory(info)
    for remark in info.selection.remarks:
        _log.warning("%s: %s", source, remark)
    check_channels(info, options)
    folder = output / (name or source.stem)
    redo = not options.force and may_be_redone(folder, source, options)
    check_target(folder, force=options.force or redo)
    check_encoders(info, options)
    check_names(folder, info, options)
    size = mouth_size(equipment.network)
    check_disk(folder.parent, estimate_disk(info, options, 1, size), source)
    check_file_size(folder.parent, info, options, 1)
    asked = options.subtitles  # the recogniser comes first: what lacks shows before hours of work
    recognise = equipment.open_recogniser(asked.recogniser, options.language) if asked else None
    with scratch_folder(folder.parent) as work:
        made = work / "made"
        made.mkdir()
        found = look_for_people(info, equipment.detect, equipment.embed, size, work, watch)
        wanted = options.speakers or number_people(found)
        check_disk(folder.parent, estimate_disk(info, options, len(wanted), size), source)
        check_file_size(folder.parent, info, options, len(wanted))
        separation = separate(info, found, equipment, options, made, watch)
        failures = Failures(folder.parent)
        if recognise:
            hear = partial(caption, separation, recognise, watch)
            separation = failures.keep("subtitles", made, hear, separation)
        files = [*separation.sounds, *make_products(separation, options, failures)]
        content = describe(separation, equipment.weights, options, files, failures.reasons)
        if failures.errors:
            free_scratch(made)
        files.append(write_manifest(made, content))
        place = move_result(made, folder, force=options.force, redo=redo)
    result = describe_result(separation, place, files, content)
    check_result(result, source, folder, failures)
    return result


def separate(
    info: MediaInfo,
    found: People,
    equipment: Equipment,
    options: Options,
    folder: Path,
    watch: Watch = watch_silently,
) -> Separation:
    """Write the voice of everybody wanted and the rest of the sound, and tell who speaks when.

    Args:
        info: The recording.
        found: Everybody visible in it.
        equipment: The network.
        options: Who is wanted, and the kind of files.
        folder: Where sound files are made; the recording's own sound goes beside it.
        watch: Progress hook.
    """
    people = number_people(found)
    names = choose_names(people, options.speakers)
    raw = folder.parent / "raw"
    raw.mkdir()
    with closing(_open_sound(info, folder.parent, found.pictures / FRAME_RATE)) as mixture:
        delay = find_delay(equipment.network, mixture, people)
        heard = list(shift(people, delay.pictures))
        blocks = enhance(
            equipment.network,
            mixture,
            heard,
            [person.number in names for person in people],
            precision=options.precision,
        )
        shown = watch(blocks, "separating voices", count_blocks(mixture))
        called = [*names.items(), (0, "rest")]
        stems = [name_file(options.file_names, info.path.stem, who, n) for n, who in called]
        targets = [raw / f"{stem}.wav" for stem in stems]
        *voices, rest = write_voices(shown, mixture, targets, info.sample_rate)
    wanted = [person for person in people if person.number in names]
    talkers = [person for person in heard if person.number in names]
    speaking = listen(talkers, [voice.narrow for voice in voices], mixture, found.pictures)
    speakers = tuple(
        Speaker(
            names[person.number],
            person,
            finish_voice(voice, folder, options, speaks=bool(spans)),
            spans,
            language=options.language or "",
        )
        for person, voice, spans in zip(wanted, voices, speaking, strict=True)
    )
    left = finish_voice(rest, folder, options, speaks=False)
    info = correct_length(info, found.pictures / FRAME_RATE, mixture.samples / mixture.sample_rate)
    return Separation(info, found, speakers, left, mixture.path, folder, delay, mixture.weights)


def correct_length(info: MediaInfo, *found: float) -> MediaInfo:
    """What was found to be there is believed more than what the file states, in seconds."""
    length = max(found)
    return info if abs(length - info.duration) < DOUBTED else replace(info, duration=length)


def check_source(source: Path, options: Options) -> MediaInfo:
    """Probe a file that must have both sound and pictures, and not too large ones.

    Of several sounds the one to hear is chosen; which pictures to watch faces must tell.
    """
    info = probe(source)
    if not info.audio:
        raise MediaError(f"{source} has no audio stream", hint="Choose a file with sound.")
    if info.video is None:
        raise MediaError(f"{source} has no pictures", hint="Choose a video: lips are needed.")
    if options.video_stream:
        find_streams(info.videos, options.video_stream, "--video-stream")
    elif len(info.videos) == 1:
        check_memory(info)
    return choose_sound(info, options.audio_stream, options.language)


def mouth_size(network: SpeechSeparator) -> int:
    """Side of the mouth pictures this network wants cut out, its room for jitter included."""
    return stored_side(network.config.lip_size)


def look_for_people(
    info: MediaInfo,
    detect: FaceDetector,
    embed: Embedder | None,
    size: int,
    folder: Path,
    watch: Watch = watch_silently,
) -> People:
    """Everybody visible, their mouths cut out into files in ``folder``."""
    with closing(read_frames(info)) as images:
        frames = watch(images, "looking for faces", round(info.duration * FRAME_RATE))
        people = find_people(frames, detect, folder, size, embed=embed)
    if not people.clips:
        reasons = sorted({dropped.reason for dropped in people.dropped})
        raise FaceError(
            f"{info.path}: no face whose lips can be read"
            + (f" ({'; '.join(reasons)})" if reasons else ""),
            hint="Faces must be seen from the front or half side, eyes to mouth at least some"
            " 12 pixels, for half a second.",
        )
    return people


def number_people(people: People) -> list[Person]:
    """Everybody once, with all their appearances."""
    numbers = sorted({clip.track.person for clip in people.clips})
    return [
        Person(number, tuple(clip for clip in people.clips if clip.track.person == number))
        for number in numbers
    ]


def choose_names(people: Sequence[Person], wanted: Mapping[int, str] | None) -> dict[int, str]:
    """Names of the wanted people by number."""
    if wanted is None:
        return {person.number: f"speaker-{person.number}" for person in people}
    missing = wanted.keys() - {person.number for person in people}
    if missing:
        raise SettingError(
            f"there is no speaker {min(missing)}: {len(people)} were found",
            hint="`avsep faces` shows who is who.",
        )
    return dict(sorted(wanted.items()))


def working_rate(sample_rate: int) -> int:
    """The rate to compute at: the source's own, or a multiple that has a 10 ms hop."""
    return next(
        (rate for factor in (1, 2, 4) if (rate := factor * sample_rate) % 100 == 0), 48_000
    )


def _open_sound(info: MediaInfo, folder: Path, shortest: float) -> SoundFileReader:
    path = folder / "mixture.wav"
    extract_audio(info, path, working_rate(info.sample_rate), shortest=shortest)
    sound = SoundFileReader(path)
    sound.weights = choose_weights(sound)
    if sound.weights is not None:
        _log.debug("%s: channels are heard with weights %s", info.path, sound.weights)
    return sound


def count_blocks(mixture: SoundFileReader) -> int:
    """How many blocks `enhance` makes of a recording."""
    return -(-mixture.samples * FRAME_RATE // (mixture.sample_rate * CHUNK))
