"""Prepared clips to a pack: what lips say is read once, by a network that was trained before."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import soundfile
import torch
from numpy.typing import NDArray

from avsep.device import device_of
from avsep.errors import DataError
from avsep.model.lip_reader import to_grey
from avsep.model.network import SeparationNetwork
from avsep.model.spectrum import SAMPLE_RATE, SAMPLES_PER_FRAME
from avsep.progress import Progress
from avsep.training.augment import centre
from avsep.training.clips import Clip, Delays, check_lip_size, find_speakers
from avsep.training.corpus import FULL_SCALE
from avsep.training.pack import SHORTEST, Lips, PackedPerson

HELD_OUT = 40  # people
HELD_OUT_SECONDS = 20
NOISE_SECONDS = 300  # of each kind
COMPONENTS = 32
SHORTEST_CLIP = 10  # frames
OPUS_RANGE = 6_000, 256_000  # bits a second, between which libsndfile's compression level goes


def gather_voices(folders: Sequence[Path], seed: int = 7) -> dict[str, dict[str, PackedPerson]]:
    """Voices of prepared folders, some of them held out, by group and name."""
    people = {
        f"voice/{speaker.name}": PackedPerson(_join_sound(speaker.clips))
        for speaker in find_speakers(folders)
    }
    people = {name: who for name, who in people.items() if len(who.sound) >= SHORTEST}
    if len(people) <= HELD_OUT:
        raise DataError(
            f"{len(people)} voices are too few for a pack",
            hint=f"More than {HELD_OUT} of at least 4 s each are needed.",
        )
    chosen = np.random.default_rng(seed).choice(sorted(people), HELD_OUT, replace=False)
    held_out = {name: _first(people.pop(name), HELD_OUT_SECONDS) for name in map(str, chosen)}
    return {"voices": people, "held_out": held_out}


def gather_noise(folders: Sequence[Path]) -> dict[str, PackedPerson]:
    """Background sounds of prepared folders, by kind."""
    return {
        f"noise/{speaker.name}": _first(PackedPerson(_join_sound(speaker.clips)), NOISE_SECONDS)
        for speaker in find_speakers(folders)
    }


@torch.inference_mode()
def gather_faces(
    network: SeparationNetwork, folders: Sequence[Path], delays: Delays, progress: Progress
) -> tuple[dict[str, PackedPerson], Lips]:
    """Faces of prepared folders with what their lips say.

    Args:
        network: Whose lip reader looks at them.
        folders: Prepared faces.
        delays: Of clips that may be out of step.
        progress: Progress hook.

    Returns:
        People by name, and how the rows of their lips came about: the cue, then components of
        the features: those that the network's separator was told already, so that it can go on,
        or else the principal ones over all faces, each of variance one.
    """
    sounds, cues, features = {}, {}, {}
    speakers = find_speakers(folders, delays)
    for speaker in progress(speakers, "reading lips", len(speakers)):
        clips = [c for c in speaker.clips if c.has_mouths and c.frames >= SHORTEST_CLIP]
        if sum(clip.frames for clip in clips) * SAMPLES_PER_FRAME >= SHORTEST:
            name = f"face/{speaker.name}"
            sounds[name] = _join_sound(clips)
            read = [_read_lips(network, clip) for clip in clips]
            cues[name] = np.concatenate([cue for cue, _ in read])
            features[name] = np.concatenate([seen for _, seen in read])
    if not sounds:
        raise DataError("no face has 4 s of speech", hint="Prepare more with `avsep prepare`.")
    weight, bias = _choose_components(network, np.concatenate(list(features.values())))
    lips = Lips(network.config.cue_bands, weight, bias)
    people = {
        name: PackedPerson(sound, np.hstack([cues[name], features[name] @ weight.T + bias]))
        for name, sound in sounds.items()
    }
    return people, lips


def _choose_components(
    network: SeparationNetwork, features: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    if network.config.bands is None:
        return find_components(features, COMPONENTS)
    weight, bias = network.components.weight, network.components.bias
    return weight.detach().cpu().numpy(), bias.detach().cpu().numpy()


def find_components(
    features: NDArray[np.float32], count: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The map to the first principal components, each of variance one.

    Shape: (frames, features) -> (count, features), (count,)
    """
    mean = features.mean(0, dtype=np.float64)
    centred = features - mean
    variance, axes = np.linalg.eigh(centred.T @ centred / len(centred))
    largest = np.argsort(variance)[::-1][:count]
    weight = (axes[:, largest] / np.sqrt(variance[largest] + 1e-9)).T
    return weight.astype(np.float32), (-weight @ mean).astype(np.float32)


def opus_encoder(bits: int) -> Callable[[NDArray[np.int16]], bytes]:
    """Sound at 16 kHz to an Opus stream of about so many bits a second."""
    low, high = OPUS_RANGE
    level = 1 - (bits - low) / (high - low)

    def encode(sound: NDArray[np.int16]) -> bytes:
        stream = io.BytesIO()
        with soundfile.SoundFile(
            stream,
            "w",
            SAMPLE_RATE,
            1,
            "OPUS",
            format="OGG",
            compression_level=level,
        ) as file:
            for start in range(0, len(sound), SAMPLE_RATE):
                file.write(sound[start : start + SAMPLE_RATE])
        return stream.getvalue()

    return encode


def _join_sound(clips: Sequence[Clip]) -> NDArray[np.int16]:
    pieces = [clip.read_sound(0, clip.frames) for clip in clips]
    return (np.concatenate(pieces) * FULL_SCALE).astype(np.int16)


def _first(person: PackedPerson, seconds: int) -> PackedPerson:
    return PackedPerson(person.sound[: seconds * SAMPLE_RATE], person.lips)


def _read_lips(
    network: SeparationNetwork, clip: Clip
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Cue and features of a clip, (frames, bands), (frames, features)."""
    check_lip_size([clip], network.config.lip_size)
    device = device_of(network)
    mouths = torch.from_numpy(centre(clip.read_mouths(0, clip.frames)))[None].to(device)
    features, cue = network.lips(to_grey(mouths))
    assert cue is not None
    return cue[0].T.cpu().numpy(), features[0].T.cpu().numpy()
