"""The network: the paper's numbers, its reach, and that pieces and batches change nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

from avsep.errors import ModelError
from avsep.model.checkpoint import load_model, save_model
from avsep.model.conditioning import sum_others
from avsep.model.config import FULL, TINY, ModelConfig
from avsep.model.layers import TemporalBlock
from avsep.model.magnitude import reconcile
from avsep.model.network import SpeechSeparator, unit_phase
from avsep.model.spectrum import BINS, analyse, synthesise


@pytest.fixture(scope="module")
def tiny() -> SpeechSeparator:
    torch.manual_seed(0)
    network = SpeechSeparator(TINY).eval()
    nn.init.normal_(network.phase.leave.weight, std=0.3)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.bias.data.normal_(0, 0.1)
    return network


@pytest.fixture(scope="module")
def scene() -> tuple[torch.Tensor, ...]:
    """Two scenes, of three faces and of two, 30 pictures long."""
    draw = torch.Generator().manual_seed(1)
    noisy = torch.randn(2, BINS, 120, dtype=torch.complex64, generator=draw)
    mouths = torch.rand(5, 30, 16, 16, generator=draw) * 2 - 1
    seen = torch.rand(5, 30, generator=draw) > 0.2
    return noisy, mouths, seen, torch.tensor([0, 0, 0, 1, 1])


def count(module: nn.Module) -> int:
    return sum(weight.numel() for weight in module.parameters())


def block(channels: int) -> int:
    """Norm, five taps for each channel, a square matrix with bias."""
    return 2 * channels + 5 * channels + channels * channels + channels


def test_the_full_network_has_the_papers_sizes():
    with torch.device("meta"):
        network = SpeechSeparator(FULL)
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
        network = SpeechSeparator(FULL).eval()
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


def test_masks_that_claim_too_much_give_all_alike():
    own, rest = torch.full((2, 1, 4), 0.8), torch.full((2, 1, 4), 0.2)
    own[1] = 0.6
    agreed = reconcile(own, rest, torch.ones(2, 1, dtype=torch.bool), torch.tensor([0, 0]))
    torch.testing.assert_close(agreed[:, 0, 0], torch.tensor([0.6, 0.4]))


def test_masks_that_agree_stay_as_they_are():
    own = torch.rand(7, BINS, 8) / 4
    of = torch.tensor([0, 1, 1, 1, 1, 2, 2])
    rest = 1 - torch.stack([own[of == i].sum(0) for i in range(3)])[of]
    agreed = reconcile(own, rest, torch.ones(7, 2, dtype=torch.bool), of)
    torch.testing.assert_close(agreed, own)


def test_a_face_that_nobody_knows_of_takes_nothing_from_others():
    own, rest = torch.rand(2, BINS, 8), torch.rand(2, BINS, 8)
    known, of = torch.tensor([[True, True], [False, True]]), torch.tensor([0, 0])
    together = reconcile(own, rest, known, of)
    alone = reconcile(own[:1], rest[:1], known[:1], of[:1])
    torch.testing.assert_close(together[:1, :, :4], alone[..., :4])
    assert not torch.allclose(together[:1, :, 4:], alone[..., 4:])


@pytest.mark.parametrize("config", [TINY, replace(TINY, skips=False, others=False)])
def test_nothing_beyond_the_context_is_heard_or_seen(config: ModelConfig):
    torch.manual_seed(0)
    network = SpeechSeparator(config).double().eval()
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


def test_an_untrained_phase_network_returns_the_noisy_phase():
    network = SpeechSeparator(TINY).eval()
    noisy = torch.randn(1, BINS, 8, dtype=torch.complex64)
    torch.testing.assert_close(network.mend(noisy.abs(), noisy), noisy)


def test_three_faces_and_more_are_reckoned_with_alike_every_time():
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    x = torch.rand(5, BINS, 600)
    of = torch.tensor([0, 0, 0, 1, 1])
    try:
        sums = [sum_others(x, of) for _ in range(50)]
    finally:
        torch.set_num_threads(threads)
    assert all(torch.equal(again, sums[0]) for again in sums)
    expected = torch.stack([x[1] + x[2], x[0] + x[2], x[0] + x[1], x[4], x[3]])
    torch.testing.assert_close(sums[0], expected)


def test_phase_vectors_have_unit_length():
    noisy = torch.randn(2, BINS, 8, dtype=torch.complex64)
    noisy[0, 0] = 0
    cosine, sine = unit_phase(noisy).unflatten(1, (2, BINS)).unbind(1)
    torch.testing.assert_close(cosine**2 + sine**2, torch.ones(2, BINS, 8))


@given(
    rate=st.sampled_from([8000, 16000, 44100, 48000, 96000]),
    frames=st.integers(3, 8),
    channels=st.integers(1, 2),
)
@settings(max_examples=15)
def test_analysis_and_synthesis_give_the_sound_back(rate: int, frames: int, channels: int):
    sound = torch.randn(channels, frames * rate // 25, generator=torch.Generator().manual_seed(0))
    back = synthesise(analyse(sound, rate), rate)
    edge = rate // 100  # half a window, where the recording itself ends
    torch.testing.assert_close(back[:, edge:-edge], sound[:, edge:-edge], atol=1e-4, rtol=1e-3)


def test_a_tone_has_the_same_bin_and_magnitude_at_every_rate():
    for rate in (16_000, 44_100, 48_000):
        time = torch.arange(rate) / rate
        spectrum = analyse(torch.sin(2 * torch.pi * 1000 * time)[None], rate).abs()
        assert spectrum[0, :, 50].argmax() == 1000 // 25
        assert spectrum[0, 40, 50].item() == pytest.approx(0.5, rel=1e-3)


def test_strided_and_transposed_blocks_keep_a_steady_signal_in_place():
    down, up = TemporalBlock(4, stride=2), TemporalBlock(4, factor=2)
    for part in (down, up):
        nn.init.zeros_(part.across.weight)
        nn.init.zeros_(part.across.bias)
    x = torch.arange(8.0).expand(1, 4, 1, 8)
    expected = torch.tensor([0.5, 0.5, 2.5, 2.5, 4.5, 4.5, 6.5, 6.5])
    torch.testing.assert_close(up(down(x))[0, 0, 0], expected)


def test_a_checkpoint_comes_back_with_its_configuration(tmp_path, tiny, scene):
    path = tmp_path / "tiny.safetensors"
    save_model(tiny, path, stage="test")
    loaded = load_model(path)
    assert loaded.config == TINY
    with torch.inference_mode():
        difference = (loaded(*scene) - tiny(*scene)).abs().max() / scene[0].abs().max()
    assert difference < 0.01  # stored in half precision


def test_a_file_that_is_no_checkpoint_is_refused_in_a_sentence(tmp_path):
    path = tmp_path / "text.safetensors"
    path.write_text("hello, this is not a checkpoint at all")
    with pytest.raises(ModelError, match="not an avsep checkpoint"):
        load_model(path)


def test_weights_of_another_shape_are_refused_in_a_sentence(tmp_path, tiny):
    file = tmp_path / "other.safetensors"
    save_model(tiny, file)
    with safe_open(file, "pt") as stored:
        tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
        notes = stored.metadata()
    tensors["magnitude.leave.weight"] = tensors["magnitude.leave.weight"][:-1].clone()
    save_file(tensors, file, metadata=notes)
    with pytest.raises(ModelError, match="another version of avsep"):
        load_model(file)


def test_unknown_weights_are_refused_with_the_known_ones_as_hint():
    with pytest.raises(ModelError, match="no bundled weights") as caught:
        load_model("nonsense")
    assert "Choose from" in caught.value.hint
