"""Right lips, wrong lips, and what the best mask gives."""

from __future__ import annotations

import torch

from avsep.evaluation.controls import SceneTrial, mask_ideally, separate, try_controls
from avsep.metrics import si_sdr
from evaluation_set import speech


def test_the_best_mask_gains_much_and_not_all():
    voices = torch.stack([speech(1), speech(2)])
    gains = si_sdr(mask_ideally(voices.sum(0), voices), voices)
    assert (gains > 5).all()
    assert (gains < 30).all()


def test_faces_together_are_heard_in_their_order(network, scene):
    mixture = scene.voices.sum(0)
    found = separate(network, mixture, scene.mouths)
    swapped = separate(network, mixture, scene.mouths.flip(0))
    assert torch.allclose(found, swapped.flip(0), atol=1e-5)


def test_every_control_speaks_for_every_face(network, scene):
    controls = try_controls(SceneTrial.begin(network, scene.mouths), scene)
    assert set(controls) == {
        "another's lips",
        "lips a second off",
        "lips hidden",
        "alone",
        "noisy phase",
        "silent",
        "oracle",
    }
    assert all(values.shape == (2,) and values.isfinite().all() for values in controls.values())


def test_a_network_that_hears_no_lips_is_found_out(network, scene, monkeypatch):
    def say_nothing(encoded):
        batch, _, frames = encoded.shape
        return encoded.new_zeros(batch, 8, frames), encoded.new_zeros(batch, 10, frames)

    monkeypatch.setattr(network.lips, "interpret", say_nothing)
    controls = try_controls(SceneTrial.begin(network, scene.mouths), scene)
    assert torch.allclose(controls["lips a second off"], controls["lips hidden"], atol=1e-3)
