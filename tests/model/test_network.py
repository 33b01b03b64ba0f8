"""The network: the paper's numbers, its reach, and that pieces and batches change nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import nn

from avsep.errors import SettingError
from avsep.model.config import FULL, TINY, ModelConfig
from avsep.model.network import SeparationNetwork, unit_phase
from avsep.model.spectrum import BINS, analyse, synthesise


def count(module: nn.Module) -> int:
    return sum(weight.numel() for weight in module.parameters())


def block(channels: int) -> int:
    """Norm, five taps for each channel, a square matrix with bias."""
    return 2 * channels + 5 * channels + channels * channels + channels


def test_the_full_network_has_the_papers_sizes():
    with torch.device("meta"):
        network = SeparationNetwork(FULL)
    # The 18-layer residual network without its first layer and classifier has 11,166,976
    # weights; the first layer is 5 x 7 x 7 on one channel, with a norm.
    assert count(network.lips.encoder) == 11_166_976 + 5 * 7 * 7 * 64 + 2 * 64
    assert len(network.lips.blocks) == 10
    assert [count(part) for part in network.lips.blocks] == [block(1536)] * 10
    assert [part.stride for part in network.magnitude.audio] == [1, 2, 1, 2, 1]
    assert [count(part) for part in network.magnitude.audio] == [block(1536)] * 5
    assert len(network.magnitude.fusion) == 15
    assert sorted(part.factor for part in network.magnitude.fusion) == [1] * 13 + [2] * 2
    assert [count(part) for part in network.magnitude.fusion] == [block(1536)] * 15
    assert network.magnitude.leave.out_features == 321
    assert [count(part) for part in network.phase.blocks] == [block(1024)] * 6
    assert network.phase.leave.out_features == 642
    assert 90e6 < count(network) < 110e6


def test_the_full_network_has_the_papers_shapes():
    with torch.device("meta"):
        network = SeparationNetwork(FULL).eval()
        shapes = {}
        for name, module in network.named_modules():
            module.register_forward_hook(
                lambda _module, _given, made, name=name: shapes.update({name: made.shape})
            )
        noisy = torch.empty(1, 321, 12, dtype=torch.complex64)
        voice = network(noisy, torch.empty(1, 3, 112, 112), torch.ones(1, 3).bool())
    assert voice.shape == (1, 321, 12)
    assert shapes["lips.encoder.stem"] == (3, 64, 56, 56)
    assert shapes["lips.encoder.stages.1"] == (3, 64, 28, 28)
    assert shapes["lips.encoder.stages.3"] == (3, 128, 14, 14)
    assert shapes["lips.encoder.stages.5"] == (3, 256, 7, 7)
    assert shapes["lips.encoder.stages.7"] == (3, 512, 4, 4)
    assert shapes["lips.encoder"] == (1, 512, 3)
    assert [shapes[f"magnitude.audio.{i}"][-1] for i in range(5)] == [12, 6, 6, 3, 3]
    assert shapes["magnitude.join"] == (1, 1536, 1, 3)
    assert shapes["magnitude.fusion.4"] == (1, 1536, 1, 3)
    assert shapes["magnitude.fusion.5"] == (1, 1536, 1, 6)
    assert shapes["magnitude.fusion.10"] == (1, 1536, 1, 12)


def test_the_mask_never_amplifies(tiny, scene):
    noisy, mouths, seen, of = scene
    with torch.inference_mode():
        voices = tiny(noisy, mouths, seen, of)
    assert (voices.abs() <= noisy.abs()[of] * (1 + 1e-5)).all()


def test_scenes_in_a_batch_come_out_as_one_by_one(tiny, scene):
    noisy, mouths, seen, of = scene
    with torch.inference_mode():
        together = tiny(noisy, mouths, seen, of)
        apart = [tiny(noisy[i : i + 1], mouths[of == i], seen[of == i]) for i in range(2)]
    torch.testing.assert_close(together, torch.cat(apart), atol=2e-5, rtol=1e-4)


def test_faces_change_places_with_their_voices(tiny, scene):
    noisy, mouths, seen, of = scene
    order = [2, 3, 0, 4, 1]
    with torch.inference_mode():
        voices = tiny(noisy, mouths, seen, of)
        moved = tiny(noisy, mouths[order], seen[order], of[order])
    torch.testing.assert_close(moved, voices[order], atol=2e-5, rtol=1e-4)


def test_what_an_unseen_mouth_looks_like_does_not_matter(tiny, scene):
    noisy, mouths, seen, of = scene
    repainted = torch.where(seen[..., None, None], mouths, -mouths)
    with torch.inference_mode():
        torch.testing.assert_close(tiny(noisy, repainted, seen, of), tiny(*scene))


@pytest.mark.parametrize("config", [TINY, replace(TINY, skips=False, others=False)])
def test_nothing_beyond_the_context_is_heard_or_seen(config: ModelConfig):
    torch.manual_seed(0)
    network = SeparationNetwork(config).double().eval()
    nn.init.normal_(network.phase.leave.weight, std=0.3)
    frames = 2 * config.context + 9
    middle = frames // 2
    sound = torch.randn(1, frames * 640, dtype=torch.float64)
    mouths = torch.rand(1, frames, 16, 16, dtype=torch.float64)
    seen = torch.ones(1, frames, dtype=torch.bool)
    with torch.inference_mode():
        before = synthesise(network(analyse(sound), mouths, seen))
        for changed in (middle - config.context - 1, middle + config.context + 1):
            sound[:, changed * 640 : (changed + 1) * 640] *= -3
            mouths[:, changed] = 1 - mouths[:, changed]
        after = synthesise(network(analyse(sound), mouths, seen))
    kept = slice(middle * 640, (middle + 1) * 640)
    torch.testing.assert_close(after[:, kept], before[:, kept], atol=1e-12, rtol=0)
    assert (after - before).abs().max() > 1e-3


def test_only_a_band_separator_separates_twice():
    network = SeparationNetwork(TINY)
    network.choose_passes(1)
    with pytest.raises(SettingError, match="separates once"):
        network.choose_passes(2)


def test_an_untrained_phase_network_returns_the_noisy_phase():
    network = SeparationNetwork(TINY).eval()
    noisy = torch.randn(1, BINS, 8, dtype=torch.complex64)
    torch.testing.assert_close(network.refine_phase(noisy.abs(), noisy), noisy)


def test_phase_vectors_have_unit_length():
    noisy = torch.randn(2, BINS, 8, dtype=torch.complex64)
    noisy[0, 0] = 0
    cosine, sine = unit_phase(noisy).unflatten(1, (2, BINS)).unbind(1)
    torch.testing.assert_close(cosine**2 + sine**2, torch.ones(2, BINS, 8))
