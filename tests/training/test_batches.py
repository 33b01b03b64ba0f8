"""The same step draws the same scenes, whoever draws them."""

from __future__ import annotations

import torch

from avsep.training.batches import Lessons, gather, serve
from avsep.training.recipe import Stage
from training_set import PLAIN, recipe


def test_the_same_step_draws_the_same_scenes(prepared):
    stage = Stage("a", "joint", 10, scenes=2, voice_scenes=1, mixing=PLAIN)
    lessons = Lessons(stage, gather(recipe(prepared, stage), {}), seed=3)
    one, other, different = lessons[7], lessons[7], lessons[8]
    torch.testing.assert_close(one[0].mixture, other[0].mixture)
    assert not torch.equal(one[0].mixture, different[0].mixture)


def test_workers_draw_the_same_scenes(prepared):
    stage = Stage("a", "joint", 5, scenes=1, voice_scenes=1, mixing=PLAIN)
    lessons = Lessons(stage, gather(recipe(prepared, stage), {}), seed=3)
    alone, together = list(serve(lessons, 3, workers=0)), list(serve(lessons, 3, workers=2))
    assert len(alone) == len(together) == 2
    for one, other in zip(alone, together, strict=True):
        torch.testing.assert_close(one[0].mixture, other[0].mixture)
        torch.testing.assert_close(one[1].voices, other[1].voices)
