"""Scenes mixed on the device that trains: who speaks, who is seen, what else sounds.

A batch is gathered, bent, levelled and summed there, so that a GPU never waits. A voice comes
with what its own lips say where they were read, else with a cue simulated from its sound.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from avsep.model.conditioning import Conditioning
from avsep.model.cues import coarse_spectrum
from avsep.model.spectrum import SAMPLE_RATE, SAMPLES_PER_FRAME, analyse
from avsep.training.corpus import Corpus, Crop, crop, read_lips
from avsep.training.simulated_cues import damp, predict, smooth

LEVEL = -25.0  # dB, the active level of a voice before it is mixed
ACTIVE = 1e-3  # share of the loudest frame's power from which a frame counts as active
SCENE_SPREAD = 4.0  # dB, standard deviation of a scene's level
STRANGER = 1e-6  # chance of somebody from elsewhere where all shall be akin
TAIL = 0.5  # seconds of reverberation


@dataclass(frozen=True, slots=True)
class Drawing:
    """How scenes are drawn; shares are chances, levels decibels.

    Attributes:
        faces: Scenes with two, three, four and five faces in one batch.
        frames: Length of a scene.
        unseen: A voice more that belongs to no face.
        level: Levels of voices differ by so much up or down.
        noise: Background noise.
        noise_level: Its lowest and highest level against a voice.
        silent: A face that says nothing; half of these keep their lips still.
        mumbling: A face that speaks with still lips: somebody's voice is its, if not the others'.
        late: Somebody who begins late or ends early.
        narrow: A voice low-passed at 3 to 7 kHz.
        room: A voice in a reverberant room, which belongs to the voice.
        hidden: A face that is out of sight for some frames.
        pace: Half of the voices are played up to so much faster or slower.
        alone: Scenes whose faces aren't known to each other.
        akin: Scenes whose voices all come from one source, as far as it has so many: else a
            separator learns to tell microphones apart.
        featureless: Faces of whom the features are not told, only the cue.
        trust: Lowest and highest correlation that is left between what lips that were learnt
            from say and what is told: as lips of people never seen say it.
    """

    faces: tuple[int, ...] = (2, 1, 0, 0)
    frames: int = 75
    unseen: float = 0.2
    level: float = 6.0
    noise: float = 0.6
    noise_level: tuple[float, float] = (-25.0, 3.0)
    silent: float = 0.06
    mumbling: float = 0.0
    late: float = 0.15
    narrow: float = 0.15
    room: float = 0.1
    hidden: float = 0.1
    pace: float = 0.12
    alone: float = 0.15
    akin: float = 0.0
    featureless: float = 0.15
    trust: tuple[float, float] = (0.6, 1.0)

    @property
    def scene(self) -> Tensor:
        """Which scene each face of a batch belongs to, (F,)."""
        sizes = [size for size, many in enumerate(self.faces, 2) for _ in range(many)]
        return torch.repeat_interleave(torch.arange(len(sizes)), torch.tensor(sizes))


@dataclass(frozen=True, slots=True)
class Cues:
    """How well simulated lips know: lowest and highest correlation with the truth.

    Attributes:
        loudness: Of the loudness.
        shape: Of the spectral shape.
    """

    loudness: tuple[float, float] = (0.5, 1.0)
    shape: tuple[float, float] = (0.3, 0.9)


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Scenes, ready to be separated.

    Attributes:
        mixture: (S, samples).
        voices: Of each face, as it sounds in the mixture, (F, samples).
        told: What the lips say.
        draft: Masks of another network to begin with, (F, BINS, hops), where there is one.
    """

    mixture: Tensor
    voices: Tensor
    told: Conditioning
    draft: Tensor | None = None


def mix(
    voices: Corpus, noise: Corpus, drawing: Drawing, cues: Cues, draw: torch.Generator
) -> Batch:
    """Draw one batch of scenes.

    Args:
        voices: Who may speak.
        noise: What may sound behind them.
        drawing: How.
        cues: How well lips that must be simulated know.
        draw: Of everything that is drawn, on the device of voices and noise.
    """
    scene = drawing.scene.to(draw.device)
    scenes, faces = sum(drawing.faces), len(scene)
    who = choose_people(voices, drawing, draw)
    part = crop(voices, who, _draw_pace(len(who), drawing, draw), drawing.frames, draw)
    sound = to_level(colour(to_level(part.sound), drawing, draw)) * _enter(part, drawing, draw)
    heard = sound * _gains(len(who), drawing.level, draw)
    silent = _chance(len(who), drawing.silent, draw)
    mumbling = ~silent & _chance(len(who), drawing.mumbling, draw)
    still = mumbling | (silent & _chance(len(who), 0.5, draw))
    heard, said = heard * ~silent[:, None], sound * ~still[:, None]
    gain = 10 ** (SCENE_SPREAD * torch.randn(scenes, 1, generator=draw, device=draw.device) / 20)
    unseen = heard[faces:] * _chance(scenes, drawing.unseen, draw)[:, None]
    mixture = unseen + _background(noise, drawing, scenes, draw)
    mixture = mixture.index_add(0, scene, heard[:faces]) * gain
    seen_part = Crop(who[:faces], part.start[:faces], part.pace[:faces], said[:faces])
    told = tell(voices, seen_part, drawing, cues, draw)
    seen = _see(faces, drawing, draw)
    known = seen & ~_chance(scenes, drawing.alone, draw)[scene][:, None]
    lips = torch.cat([told, torch.ones_like(told[:, :1])], 1) * seen[:, None]
    return Batch(mixture, heard[:faces] * gain[scene], Conditioning(lips, known, scene))


def choose_people(voices: Corpus, drawing: Drawing, draw: torch.Generator) -> Tensor:
    """Who the faces of all scenes are, and after them one more voice for every scene.

    Nobody is twice in a scene. Shape: (F + S,)
    """
    sizes = torch.bincount(drawing.scene).to(draw.device)
    first = torch.multinomial(voices.weight, len(sizes), replacement=True, generator=draw)
    akin = voices.source == voices.source[first][:, None]
    open_to_all = ~_chance(len(sizes), drawing.akin, draw)[:, None]
    weight = voices.weight * torch.where(akin | open_to_all, 1.0, STRANGER)
    who = torch.multinomial(weight, int(sizes.max()) + 1, generator=draw)
    place = torch.arange(who.shape[1], device=draw.device)
    faces = who[place < sizes[:, None]]
    return torch.cat([faces, who[place == sizes[:, None]]])


def tell(
    voices: Corpus, part: Crop, drawing: Drawing, cues: Cues, draw: torch.Generator
) -> Tensor:
    """Cue, components and whether there are any, of each face, (F, rows + 1, frames).

    Where lips were read, what they say is made as doubtful as lips of people never seen are.
    Who says nothing holds them still.
    """
    truth = smooth(coarse_spectrum(analyse(part.sound), voices.bands), draw)
    simulated = damp(truth, cues.loudness, cues.shape, draw)
    read = _hold_still(read_lips(voices, part, drawing.frames), part, voices.bands)
    read, components = (
        predict(x, *drawing.trust, draw) for x in read.tensor_split([voices.bands], 1)
    )
    has = voices.has_lips[part.who]
    featured = (has & ~_chance(len(has), drawing.featureless, draw))[:, None, None]
    cue = torch.where(has[:, None, None], read, simulated)
    flag = featured.expand(-1, 1, drawing.frames).to(cue)
    return torch.cat([cue, components * featured, flag], 1)


def _hold_still(lips: Tensor, part: Crop, bands: int) -> Tensor:
    """Lips of whom no sound is to be seen stay as they are in their quietest frame.

    Shape: (F, rows, frames) -> (F, rows, frames)
    """
    quietest = lips[:, :bands].mean(1).argmin(-1)[:, None, None]
    held = lips.gather(-1, quietest.expand(-1, lips.shape[1], 1)).expand_as(lips)
    still = ~part.sound.any(-1)
    return torch.where(still[:, None, None], held, lips)


def to_level(sound: Tensor, level: float = LEVEL) -> Tensor:
    """Bring each sound's active level to so many dB. (F, samples) -> (F, samples)."""
    power = sound.view(len(sound), -1, SAMPLES_PER_FRAME).square().mean(-1)
    active = (power > power.amax(-1, keepdim=True) * ACTIVE).to(power)
    mean = (power * active).sum(-1) / active.sum(-1).clamp_min(1)
    gain = 10 ** (level / 20) / mean.sqrt().clamp_min(1e-5)
    levelled: Tensor = sound * gain[:, None].clamp_max(1e3)
    return levelled


def colour(sound: Tensor, drawing: Drawing, draw: torch.Generator) -> Tensor:
    """Some voices low-passed, some in a small room. (F, samples) -> (F, samples)."""
    faces, samples = sound.shape
    spectrum = torch.fft.rfft(sound, 2 * samples)
    hertz = torch.linspace(0, SAMPLE_RATE / 2, spectrum.shape[-1], device=sound.device)
    cutoff = 3000 + 4000 * _uniform(faces, draw)
    cutoff = torch.where(_chance(faces, drawing.narrow, draw), cutoff, torch.inf)
    low_pass = (1 + (hertz / cutoff[:, None]) ** 12).rsqrt()
    room = torch.fft.rfft(_draw_rooms(faces, drawing, draw), 2 * samples)
    coloured: Tensor = torch.fft.irfft(spectrum * low_pass * room, 2 * samples)
    return coloured[:, :samples]


def _draw_rooms(faces: int, drawing: Drawing, draw: torch.Generator) -> Tensor:
    """Impulse responses: the direct sound, and noise that decays. (F, samples)."""
    time = torch.arange(int(TAIL * SAMPLE_RATE), device=draw.device) / SAMPLE_RATE
    decay = 0.05 + 0.35 * _uniform(faces, draw)[:, None]  # seconds to -60 dB
    tail = torch.randn(faces, len(time), generator=draw, device=draw.device)
    tail = tail * torch.exp(-6.9 * time / decay) * (time > 0.002)  # noqa: PLR2004 - 2 ms
    energy = tail.square().sum(-1, keepdim=True).sqrt()
    loud = (0.15 + 0.6 * _uniform(faces, draw)) * _chance(faces, drawing.room, draw)
    tail = tail / energy * loud[:, None]
    tail[:, 0] += 1
    return tail


def _draw_pace(count: int, drawing: Drawing, draw: torch.Generator) -> Tensor:
    bent = 1 + drawing.pace * (2 * _uniform(count, draw) - 1)
    return torch.where(_chance(count, 0.5, draw), bent, 1.0)


def _enter(part: Crop, drawing: Drawing, draw: torch.Generator) -> Tensor:
    """Where somebody speaks: all along, from a moment on, or up to one. Bool (F, samples)."""
    faces, samples = part.sound.shape
    edge = (0.2 + 0.6 * _uniform(faces, draw))[:, None] * samples
    time = torch.arange(samples, device=draw.device)
    inside = torch.where(_chance(faces, 0.5, draw)[:, None], time >= edge, time < edge)
    return inside | ~_chance(faces, drawing.late, draw)[:, None]


def _background(noise: Corpus, drawing: Drawing, scenes: int, draw: torch.Generator) -> Tensor:
    who = torch.multinomial(noise.weight, scenes, replacement=True, generator=draw)
    sound = crop(noise, who, torch.ones(scenes, device=draw.device), drawing.frames, draw).sound
    low, high = drawing.noise_level
    gain = 10 ** ((low + (high - low) * _uniform(scenes, draw)) / 20)
    return to_level(sound) * (gain * _chance(scenes, drawing.noise, draw))[:, None]


def _see(faces: int, drawing: Drawing, draw: torch.Generator) -> Tensor:
    """Where each face is seen: now and then one is hidden for 5 to 25 frames. (F, frames)."""
    first = _uniform(faces, draw)[:, None] * drawing.frames
    last = first + 5 + 20 * _uniform(faces, draw)[:, None]
    frame = torch.arange(drawing.frames, device=draw.device)
    gone = (frame >= first) & (frame < last)
    return ~(gone & _chance(faces, drawing.hidden, draw)[:, None])


def _gains(count: int, spread: float, draw: torch.Generator) -> Tensor:
    return 10 ** (spread * (2 * _uniform(count, draw) - 1) / 20)[:, None]


def _uniform(count: int, draw: torch.Generator) -> Tensor:
    return torch.rand(count, generator=draw, device=draw.device)


def _chance(count: int, chance: float, draw: torch.Generator) -> Tensor:
    return _uniform(count, draw) < chance
