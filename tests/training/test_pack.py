"""Packs: everybody kept, sound and lips as they were, a size that is obeyed."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from click.testing import Result
from typer.testing import CliRunner

from avsep.cli.app import app
from avsep.errors import DataError, ModelError
from avsep.model.checkpoint import load_model, save_model
from avsep.model.config import SIZES, BandConfig
from avsep.model.network import SeparationNetwork
from avsep.model.spectrum import SAMPLE_RATE, SAMPLES_PER_FRAME
from avsep.progress import no_progress
from avsep.training.assembly import assemble
from avsep.training.clips import write_clip
from avsep.training.device_mixing import Cues, Drawing, mix
from avsep.training.pack import Lips, PackedPerson, open_pack, write_pack
from avsep.training.packing import gather_faces, opus_encoder
from avsep.training.separator import Plan, SeparatorRun
from avsep.training.separator_weights import read_weights

LIPS = Lips(10, np.eye(4, 8, dtype=np.float32), np.arange(4, dtype=np.float32))


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def tone(hertz: float, seconds: float) -> np.ndarray:
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return (8000 * np.sin(2 * np.pi * hertz * time)).astype(np.int16)


def make_groups(seconds: float = 5) -> dict[str, dict[str, PackedPerson]]:
    rng = np.random.default_rng(0)
    lips = rng.uniform(-2, 2, (int(seconds * 25), 14)).astype(np.float32)
    voices = {f"voice/{k}": PackedPerson(tone(300 + 100 * k, seconds)) for k in range(4)}
    voices["face/a"] = PackedPerson(tone(440, seconds), lips)
    return {
        "voices": voices,
        "held_out": {"voice/h": PackedPerson(tone(500, 4)), "voice/i": PackedPerson(tone(600, 4))},
        "noise": {"noise/n": PackedPerson(rng.normal(0, 3000, 4 * SAMPLE_RATE).astype(np.int16))},
    }


def test_a_pack_gives_back_everybody_with_sound_and_lips(tmp_path):
    groups = make_groups()
    write_pack(tmp_path / "v.pack", groups, LIPS, opus_encoder(24_000))
    pack = open_pack(tmp_path / "v.pack")
    assert len(pack.voices.first) == 5
    assert len(pack.held_out.first) == 2
    assert pack.voices.has_lips.tolist() == [True, False, False, False, False]
    said = pack.voices.lips[: 5 * 25].float().numpy()
    np.testing.assert_allclose(said, groups["voices"]["face/a"].lips, atol=0.5 / 40 + 1e-3)
    for place, hertz in enumerate((440, 300, 400, 500, 600)):
        first, length = int(pack.voices.first[place]), int(pack.voices.length[place])
        assert length == 5 * SAMPLE_RATE
        sound = pack.voices.sound[first : first + length].float()
        peak = torch.fft.rfft(sound).abs().argmax() * SAMPLE_RATE / length
        assert float(peak) == pytest.approx(hertz, abs=1)
    np.testing.assert_allclose(pack.lips.weight, LIPS.weight)
    np.testing.assert_allclose(pack.lips.bias, LIPS.bias)


def test_opus_keeps_sound_in_its_place(tmp_path):
    click = np.zeros(2 * SAMPLE_RATE, np.int16)
    click[SAMPLE_RATE : SAMPLE_RATE + 40] = 20_000
    groups = make_groups()
    groups["held_out"] = {"voice/h": PackedPerson(click), "voice/i": PackedPerson(click)}
    write_pack(tmp_path / "v.pack", groups, LIPS, opus_encoder(24_000))
    sound = open_pack(tmp_path / "v.pack").held_out.sound[: 2 * SAMPLE_RATE]
    assert abs(int(sound.float().abs().argmax()) - SAMPLE_RATE - 20) < 32  # 2 ms


def test_a_small_pack_cuts_the_longest_and_leaves_nobody_out(tmp_path):
    groups = make_groups()
    groups["voices"]["voice/0"] = PackedPerson(tone(300, 120))
    most = 150_000
    write_pack(tmp_path / "v.pack", groups, LIPS, opus_encoder(16_000), most, 16_000)
    assert (tmp_path / "v.pack").stat().st_size <= most
    lengths = open_pack(tmp_path / "v.pack").voices.length / SAMPLE_RATE
    assert len(lengths) == 5
    assert lengths[1:].tolist()[1:] == [5.0, 5.0, 5.0]
    assert 5 < lengths[1] < 120


def test_what_is_no_pack_is_refused(tmp_path):
    (tmp_path / "odd.pack").write_bytes(b"no pack at all, no pack at all")
    with pytest.raises(DataError, match="is no pack"):
        open_pack(tmp_path / "odd.pack")


def test_a_separator_joins_the_lips_that_told_it(tmp_path):
    tiny = SIZES["tiny"]
    torch.manual_seed(0)
    reader = SeparationNetwork(tiny).eval()
    write_pack(
        tmp_path / "v.pack",
        make_groups(),
        Lips(10, np.eye(4, 8, dtype=np.float32), np.ones(4, np.float32)),
        opus_encoder(24_000),
    )
    pack = open_pack(tmp_path / "v.pack")
    drawing = Drawing(faces=(1, 0, 0, 0), frames=10)
    sizes = BandConfig(8, (1,), (1,), features=4)
    plan = Plan(steps=2, drawings=(drawing,))
    run = SeparatorRun(sizes, plan, pack.voices, pack.noise, tmp_path / "run")
    joined = assemble(reader, pack.lips, run.go())
    save_model(joined, tmp_path / "joined.safetensors")
    joined = load_model(tmp_path / "joined.safetensors")
    mouths = torch.rand(1, 10, 16, 16)
    seen = torch.ones(1, 10, dtype=torch.bool)
    told = joined.condition_on_mouths(mouths, seen)
    features, cue = reader.lips(mouths)
    assert cue is not None
    torch.testing.assert_close(told.lips[:, :10], cue, atol=0.02, rtol=0.02)
    torch.testing.assert_close(told.lips[:, 10:14], features[:, :4] + 1, atol=0.02, rtol=0.02)
    assert (told.lips[:, 14:] == 1).all()
    with pytest.raises(ModelError, match="other numbers"):
        assemble(
            reader, Lips(10, np.eye(5, 8), np.ones(5)), tmp_path / "run/separator.safetensors"
        )


def test_a_network_with_bands_packs_the_components_it_was_told(tmp_path):
    mouths = np.random.default_rng(0).integers(0, 255, (110, 80, 80), dtype=np.uint8)
    write_clip(tmp_path / "faces/grid/a/c.safetensors", np.zeros(70_400, np.float32), mouths)
    torch.manual_seed(0)
    network = SeparationNetwork(replace(SIZES["tiny-bands"], lip_size=64)).eval()
    people, lips = gather_faces(network, [tmp_path / "faces"], {}, no_progress)
    np.testing.assert_array_equal(lips.weight, network.components.weight.detach().numpy())
    assert people["face/grid/a"].lips.shape == (110, 14)


def test_a_run_begins_with_the_separator_of_a_whole_network(tmp_path):
    torch.manual_seed(0)
    network = SeparationNetwork(SIZES["tiny-bands"])
    save_model(network, tmp_path / "whole.safetensors")
    found = read_weights(tmp_path / "whole.safetensors")
    for name, weight in network.bands.state_dict().items():
        torch.testing.assert_close(found[name], weight, atol=1e-3, rtol=1e-3)


def test_a_batch_from_a_pack_is_finite(tmp_path):
    write_pack(tmp_path / "v.pack", make_groups(), LIPS, opus_encoder(24_000))
    pack = open_pack(tmp_path / "v.pack")
    draw = torch.Generator().manual_seed(0)
    batch = mix(pack.voices, pack.noise, Drawing(faces=(1, 0, 0, 0)), Cues(), draw)
    assert batch.mixture.isfinite().all()
    assert batch.told.lips.isfinite().all()
    assert batch.voices.shape == (2, 75 * SAMPLES_PER_FRAME)


def test_pack_train_and_assemble_by_the_command_line(tmp_path):
    rng = np.random.default_rng(0)
    for person in range(42):
        sound = tone(200 + 10 * person, 4.2).astype(np.float32) / 32768
        write_clip(tmp_path / f"voices/corpus/{person}/a.safetensors", sound)
    write_clip(tmp_path / "noise/kind/x/a.safetensors", rng.normal(0, 0.1, 80_000))
    mouths = rng.integers(0, 255, (110, 80, 80), dtype=np.uint8)
    for person in "ab":
        write_clip(
            tmp_path / f"faces/grid/{person}/c.safetensors",
            tone(300, 4.4).astype(np.float32) / 32768,
            mouths,
        )
    packed = run(
        "pack",
        *(tmp_path / name for name in ("faces", "voices", "noise")),
        *("-o", tmp_path / "v.pack", "--in-step", "grid"),
    )
    assert packed.exit_code == 0, packed.output
    assert "4 voices, 2 of them faces" in packed.output
    (tmp_path / "r.toml").write_text(
        f'pack = "{tmp_path}/v.pack"\n[bands]\nchannels = 8\naudio_dilations = [1]\n'
        "fusion_dilations = [1]\n[plan]\nsteps = 1\n[[drawings]]\nfaces = [1, 0, 0, 0]\n"
        "frames = 10\n"
    )
    trained = run("train", tmp_path / "r.toml", "-o", tmp_path / "run")
    assert trained.exit_code == 0, trained.output
    row = json.loads((tmp_path / "run/separator.jsonl").read_text())
    assert {"unseen-2", "weak-3", "perfect-2"} <= row.keys()
    joined = run(
        "assemble",
        tmp_path / "run/separator.safetensors",
        *("--pack", tmp_path / "v.pack", "-o", tmp_path / "again.safetensors"),
    )
    assert joined.exit_code == 0, joined.output
    one, other = (
        load_model(tmp_path / name) for name in ("run/final.safetensors", "again.safetensors")
    )
    for name, weight in one.state_dict().items():
        torch.testing.assert_close(other.state_dict()[name], weight, msg=name)
