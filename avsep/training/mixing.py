"""Scenes mixed on the fly: who speaks, who is seen, what else sounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import soxr
import torch
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from avsep.arrays import Sound
from avsep.errors import DataError
from avsep.model.spectrum import SAMPLE_RATE, SAMPLES_PER_FRAME
from avsep.training.augment import Mouths, centre, hold_still, jitter
from avsep.training.clips import Speaker
from avsep.training.scenes import Scenes, join_scenes

EVEN = 0.5  # chance
SILENCE = 1e-10  # mean square


@dataclass(frozen=True, slots=True)
class MixingConfig:
    """How scenes are drawn; shares are probabilities.

    Attributes:
        frames: Length of a scene, frames.
        faces: Probability of 2, 3, 4, 5 targets, who have a face or what simulates one.
        unseen: Probability of 0, 1, 2, 3 further voices, of whom no face is seen.
        level: Voices are this much louder or softer at most, dB.
        noise: Share of scenes with a background.
        noise_level: Background below one voice, lowest and highest dB.
        silent: Share of targets whose voice is not in the mixture.
        late: Share of voices that enter or end within the scene.
        narrow: Share of voices low-passed.
        hidden: Share of faces out of sight for a part of the scene.
        pace: Half of the voices, and their lips with them, are up to this share faster or slower.
        alone: Share of scenes whose faces are not told of each other.
        akin: Share of scenes whose targets come from one corpus, so that neither room nor
            microphone tells them apart.
        shares: How often targets with a face come from each corpus; empty for no matter which.
    """

    frames: int = 60
    faces: tuple[float, ...] = (1.0, 0.0, 0.0, 0.0)
    unseen: tuple[float, ...] = (1.0, 0.0, 0.0, 0.0)
    level: float = 5.0
    noise: float = 0.2
    noise_level: tuple[float, float] = (-25.0, -5.0)
    silent: float = 0.06
    late: float = 0.15
    narrow: float = 0.15
    hidden: float = 0.1
    pace: float = 0.12
    alone: float = 0.25
    akin: float = 0.4
    shares: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """One face of a scene: what it says, what of that is in the mixture, and its mouth.

    Attributes:
        said: (time,).
        heard: (time,).
        mouths: (frames, side, side), or None.
    """

    said: Sound
    heard: Sound
    mouths: Mouths | None


class SceneMaker:
    """Draws scenes from speakers; the same generator state gives the same scenes.

    Args:
        speakers: For targets; all with faces or all without.
        rivals: For further voices without a face; may be the same.
        noises: Backgrounds, as speakers of one kind each.
        config: How to draw.
        still: Take the mouths as they are in use, without jitter.
    """

    def __init__(
        self,
        speakers: Sequence[Speaker],
        rivals: Sequence[Speaker],
        noises: Sequence[Speaker],
        config: MixingConfig,
        *,
        still: bool = False,
    ) -> None:
        self.speakers = speakers
        self.rivals = rivals
        self.noises = noises
        self.config = config
        self.still = still
        self.weights = weigh(speakers, config.shares) if speakers else np.zeros(0)
        self.corpora = np.array([speaker.clips[0].corpus for speaker in speakers])

    def draw(self, scenes: int, rng: np.random.Generator) -> Scenes:
        """A batch of scenes."""
        return join_scenes([self._draw_scene(rng) for _ in range(scenes)])

    def _draw_scene(self, rng: np.random.Generator) -> Scenes:
        """A batch of one."""
        config = self.config
        targets = [self._draw_target(self.speakers[i], rng) for i in self._choose(rng)]
        heard = np.stack([target.heard for target in targets])
        mouths = [target.mouths for target in targets if target.mouths is not None]
        mixture = heard.sum(0) + sum(self._others(rng), np.zeros_like(heard[0]))
        gain = np.float32(10 ** (rng.normal(0, 3) / 20))
        seen = torch.from_numpy(np.stack([self._sight(rng) for _ in targets]))
        alone = rng.random() < config.alone
        return Scenes(
            torch.from_numpy(heard * gain),
            torch.from_numpy(np.stack([target.said for target in targets])),
            torch.from_numpy(mixture * gain)[None],
            torch.from_numpy(np.stack(mouths)) if mouths else None,
            seen,
            torch.zeros_like(seen) if alone else seen,
            torch.zeros(len(seen), dtype=torch.int64),
        )

    def _choose(self, rng: np.random.Generator) -> list[int]:
        """The targets of a scene, as numbers of speakers."""
        count = 2 + rng.choice(len(self.config.faces), p=self.config.faces)
        akin = rng.random() < self.config.akin
        left = self.weights.copy()
        chosen: list[int] = []
        while len(chosen) < count and left.any():
            kin = left * (self.corpora == self.corpora[chosen[0]]) if akin and chosen else left
            weights = kin if kin.any() else left
            chosen.append(int(rng.choice(len(left), p=weights / weights.sum())))
            left[chosen[-1]] = 0
        return chosen

    def _draw_target(self, speaker: Speaker, rng: np.random.Generator) -> Target:
        """A silent target is a still mouth, or one that talks and is not heard."""
        said, mouths = play(speaker, self.config.frames, rng, self._draw_pace(rng))
        heard = self._spoil(said, rng)
        if mouths is None:
            said = heard
        else:
            mouths = centre(mouths) if self.still else jitter(mouths, rng)
        if rng.random() < self.config.silent:
            heard = np.zeros_like(heard)
            if rng.random() < EVEN:
                mouths = None if mouths is None else hold_still(mouths, said)
                said = heard
        return Target(said, heard, mouths)

    def _others(self, rng: np.random.Generator) -> list[Sound]:
        config = self.config
        count = rng.choice(len(config.unseen), p=config.unseen)
        others = []
        for _ in range(count):
            rival = self.rivals[int(rng.integers(len(self.rivals)))]
            voice, _ = play(rival, config.frames, rng, self._draw_pace(rng))
            others.append(self._spoil(voice, rng))
        if self.noises and rng.random() < config.noise:
            kind = self.noises[int(rng.integers(len(self.noises)))]
            noise, _ = play(kind, config.frames, rng)
            others.append(noise * np.float32(10 ** (rng.uniform(*config.noise_level) / 20)))
        return others

    def _draw_pace(self, rng: np.random.Generator) -> float:
        pace = self.config.pace
        return 1 + pace * rng.uniform(-1, 1) if pace and rng.random() < EVEN else 1.0

    def _spoil(self, sound: Sound, rng: np.random.Generator) -> Sound:
        """Level, late entry or early end, and a narrow band, as sources in the wild have them."""
        config = self.config
        if rng.random() < config.late:
            edge = int(rng.uniform(0.2, 0.8) * len(sound))
            sound = sound.copy()
            sound[slice(edge) if rng.random() < EVEN else slice(edge, None)] = 0
        if rng.random() < config.narrow:
            cutoff = rng.uniform(3000, 7000)
            sound = sosfilt(butter(6, cutoff, fs=SAMPLE_RATE, output="sos"), sound)
        gain = 10 ** (rng.uniform(-config.level, config.level) / 20)
        return (sound * gain).astype(np.float32)

    def _sight(self, rng: np.random.Generator) -> NDArray[np.bool_]:
        seen = np.ones(self.config.frames, np.bool_)
        if rng.random() < self.config.hidden:
            start = rng.integers(self.config.frames)
            seen[start : start + rng.integers(5, 25)] = False
        return seen


def weigh(speakers: Sequence[Speaker], shares: Mapping[str, float]) -> NDArray[np.float64]:
    """Probability of each speaker.

    Much-recorded people come more often, by the square root of their time. With ``shares`` each
    corpus comes as often as it says there, and not at all when it isn't named.
    """
    weights = np.sqrt([sum(clip.frames for clip in speaker.clips) for speaker in speakers])
    if shares:
        corpora = np.array([speaker.clips[0].corpus for speaker in speakers])
        if strange := shares.keys() - set(corpora):
            raise DataError(
                f"nobody with a face comes from {', '.join(sorted(strange))}",
                hint=f"There are {', '.join(sorted(set(corpora)))}: folders right below a prepared"
                " set, which the shares of a stage name.",
            )
        for corpus in set(corpora):
            inside = corpora == corpus
            weights[inside] *= shares.get(corpus, 0.0) / weights[inside].sum()
    total: float = weights.sum()
    if not total:
        raise DataError(
            f"nobody with a face comes from {', '.join(shares)}",
            hint="The shares of a stage name corpora: folders right below a prepared set.",
        )
    return np.asarray(weights / total)


def play(
    speaker: Speaker, frames: int, rng: np.random.Generator, pace: float = 1.0
) -> tuple[Sound, Mouths | None]:
    """One voice for ``frames`` frames: a stretch of one clip, or short clips in a row.

    The sound is brought to -25 dB while it is active. Another pace than 1 makes everything so
    much faster, and the voice higher with it: another person, who speaks otherwise.

    Returns:
        Sound (time,) at 16 kHz, and mouths (frames, side, side) or None.
    """
    sounds: list[Sound] = []
    mouths: list[Mouths] = []
    length, needed = 0, round(frames * pace)
    while length < needed:
        clip = speaker.clips[int(rng.integers(len(speaker.clips)))]
        count = min(clip.frames, needed - length)
        start = int(rng.integers(clip.frames - count + 1))
        sounds.append(to_level(clip.read_sound(start, start + count)))
        if clip.has_mouths:
            mouths.append(clip.read_mouths(start, start + count))
        length += count
    sound, seen = np.concatenate(sounds), np.concatenate(mouths) if mouths else None
    return (sound, seen) if needed == frames else _hurry(sound, seen, frames)


def _hurry(sound: Sound, mouths: Mouths | None, frames: int) -> tuple[Sound, Mouths | None]:
    """Play so many frames and their sound within ``frames`` frames."""
    pace = len(sound) / (frames * SAMPLES_PER_FRAME)
    hurried = np.zeros(frames * SAMPLES_PER_FRAME, np.float32)
    resampled = soxr.resample(sound, pace * SAMPLE_RATE, SAMPLE_RATE, quality="MQ")
    hurried[: len(resampled)] = resampled[: len(hurried)]
    nearest = np.floor((np.arange(frames) + 0.5) * pace).astype(np.intp)
    return hurried, None if mouths is None else mouths[nearest]


def to_level(sound: Sound, level: float = -25.0) -> Sound:
    """Scale so that the active parts (within 30 dB of the loudest 40 ms) have this RMS, dB."""
    power = np.square(sound.reshape(-1, SAMPLES_PER_FRAME)).mean(1)
    active = power[power > power.max() * 1e-3]
    if not len(active) or power.max() < SILENCE:
        return sound
    gain = 10 ** (level / 20) / np.sqrt(active.mean())
    return sound * np.float32(min(gain, 1e3))
