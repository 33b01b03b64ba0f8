"""From a video to one voice for each face: the whole story."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from avsep.device import choose_device, count_detector_threads, use_threads
from avsep.errors import MediaError, SettingError
from avsep.faces.crops import mouth_size
from avsep.faces.detectors import FaceDetector, load_detector
from avsep.faces.embedding import load_embedder
from avsep.faces.identity import Embedder
from avsep.faces.people import number_people
from avsep.faces.picture_choice import choose_picture
from avsep.faces.scan import look_for_people
from avsep.media.probing import MediaInfo, probe
from avsep.media.stream_choice import choose_sound
from avsep.media.streams import find_streams
from avsep.model.checkpoint import find_weights, load_model
from avsep.model.network import SpeechSeparator
from avsep.options import Options
from avsep.outputs.checks import check_encoders, check_file_size, check_names
from avsep.outputs.folder import check_target, free_scratch, move_result, scratch_folder
from avsep.outputs.manifest import may_be_redone, write_manifest
from avsep.outputs.products import Failures, make_products
from avsep.outputs.schema import describe_separation
from avsep.outputs.space import check_channels, check_disk, check_memory, estimate_disk
from avsep.progress import Watch, watch_silently
from avsep.result import Result, check_result, read_result
from avsep.separation.recording import caption, separate
from avsep.speech.captions import Recogniser
from avsep.speech.whisper import load_recogniser

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
            detector: One of `avsep.faces.detectors.DETECTORS`.
            device: As `avsep.device.choose_device` knows it.
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
        separation = separate(info, found, equipment.network, options, made, watch)
        failures = Failures(folder.parent)
        if recognise:
            hear = partial(caption, separation, recognise, watch)
            separation = failures.keep("subtitles", made, hear, separation)
        files = [*separation.sounds, *make_products(separation, options, failures)]
        content = describe_separation(
            separation, equipment.weights, options, files, failures.reasons
        )
        if failures.errors:
            free_scratch(made)
        write_manifest(made, content)
        place = move_result(made, folder, force=options.force, redo=redo)
    result = read_result(place, content)
    check_result(result, source, folder, failures)
    return result


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
