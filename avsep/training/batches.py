"""The speakers of a recipe: those to learn from, those to check on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeAlias
from zlib import crc32

import numpy as np
from torch.utils.data import DataLoader, Dataset

from avsep.errors import DataError
from avsep.training.clips import Delays, Speaker, check_lip_size, find_speakers
from avsep.training.mixing import SceneMaker
from avsep.training.recipe import Recipe, Stage
from avsep.training.scenes import Scenes


@dataclass(frozen=True, slots=True)
class RecipeCast:
    """Everybody a recipe names.

    Attributes:
        faces: Speakers with faces, to learn from.
        voices: Speakers without, to learn from.
        noise: Backgrounds.
        dev_faces: Other people, for validation.
        dev_voices: Voices kept apart, for validation.
    """

    faces: list[Speaker]
    voices: list[Speaker]
    noise: list[Speaker]
    dev_faces: list[Speaker]
    dev_voices: list[Speaker]


def gather(recipe: Recipe, delays: Delays) -> RecipeCast:
    """Find the speakers; the same share of voices is always held out."""
    voices = find_speakers(recipe.voices) if recipe.voices else []
    held_out = np.random.default_rng(0).random(len(voices)) < recipe.held_out
    return RecipeCast(
        faces=with_faces(find_speakers(recipe.faces, delays)) if recipe.faces else [],
        voices=[voice for voice, out in zip(voices, held_out, strict=True) if not out],
        noise=find_speakers(recipe.noise) if recipe.noise else [],
        dev_faces=with_faces(find_speakers(recipe.dev_faces, delays)) if recipe.dev_faces else [],
        dev_voices=[voice for voice, out in zip(voices, held_out, strict=True) if out],
    )


def check_faces(recipe: Recipe) -> None:
    """See that the faces of a recipe are stored as its network will see them in use.

    Raises:
        DataError: They aren't.
    """
    for folders in filter(None, (recipe.faces, recipe.dev_faces)):
        speakers = find_speakers(folders)
        clips = (clip for speaker in speakers for clip in speaker.clips)
        check_lip_size(clips, recipe.model.lip_size)


def with_faces(speakers: list[Speaker]) -> list[Speaker]:
    """Only the clips in which a face is seen."""
    kept = [Speaker(s.name, tuple(c for c in s.clips if c.has_mouths)) for s in speakers]
    return [speaker for speaker in kept if speaker.clips]


Lesson: TypeAlias = tuple[Scenes | None, Scenes | None]


class Lessons(Dataset[Lesson]):
    """The batches of a stage; each depends on the seed, the stage's name and the step alone."""

    def __init__(self, stage: Stage, cast: RecipeCast, seed: int) -> None:
        self.stage = stage
        self.seed = seed + crc32(stage.name.encode())
        for people, count in ((cast.faces, stage.scenes), (cast.voices, stage.voice_scenes)):
            if count and len(people) < 2:  # noqa: PLR2004 - a scene is two at least
                raise DataError(
                    f"stage {stage.name!r} finds {len(people)} people to mix",
                    hint="Name prepared sets with two people at least: faces and voices.",
                )
        rivals = cast.voices or cast.faces
        self.faces = SceneMaker(cast.faces, rivals, cast.noise, stage.mixing)
        anybody = replace(stage.mixing, shares={})
        self.voices = SceneMaker(cast.voices, rivals, cast.noise, anybody)

    def __getitem__(self, step: int) -> Lesson:
        """Scenes of faces, and scenes of voices alone."""
        rng = np.random.default_rng((self.seed, step))
        stage = self.stage
        return (
            self.faces.draw(stage.scenes, rng) if stage.scenes else None,
            self.voices.draw(stage.voice_scenes, rng) if stage.voice_scenes else None,
        )


def serve(lessons: Lessons, first: int, workers: int) -> Iterable[Lesson]:
    """The batches from a step on; with workers, processes that draw them beforehand."""
    steps = range(first, lessons.stage.steps)
    return DataLoader(lessons, sampler=steps, batch_size=None, num_workers=workers)
