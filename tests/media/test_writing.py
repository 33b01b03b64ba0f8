from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from avsep.errors import MediaError, OutputError
from avsep.media.ffmpeg import find_tool, run_tool
from avsep.media.probing import probe
from avsep.media.reading import Waveform, extract_audio, read_audio, read_frames
from avsep.media.writing import remux, write_video


@pytest.fixture
def voice(tmp_path):
    """A sound of two seconds that is silent but for a click at 1.0 s; 44.1 kHz."""
    samples = np.zeros(2 * 44100, np.float32)
    samples[44100:44144] = 0.9
    soundfile.write(tmp_path / "voice.wav", samples, 44100)
    return tmp_path / "voice.wav"


def picture_packets(file):
    """List time and content of each coded frame, as hashes."""
    asked = "packet=pts_time,data_hash"
    command = [str(find_tool("ffprobe")), "-v", "error", "-select_streams", "v"]
    shown = ["-show_packets", "-show_data_hash", "sha256", "-show_entries", asked, "-of", "json"]
    packets = json.loads(run_tool([*command, *shown, f"file:{file}"]).output)["packets"]
    return [(float(packet["pts_time"]), packet["data_hash"]) for packet in packets]


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".m4v"])
def test_the_picture_is_copied_bit_for_bit_with_its_times(clip, voice, tmp_path, suffix):
    target = tmp_path / f"out{suffix}"
    remux(probe(clip), voice, target)
    assert picture_packets(target) == picture_packets(clip)


def test_the_picture_is_copied_bit_for_bit_into_a_matroska_file(surround_clip, voice, tmp_path):
    remux(probe(surround_clip), voice, tmp_path / "out.mkv")
    assert picture_packets(tmp_path / "out.mkv") == picture_packets(surround_clip)


def test_the_voice_is_the_only_sound_and_stands_at_its_time(clip, voice, tmp_path):
    remux(probe(clip), voice, tmp_path / "out.mp4")
    info = probe(tmp_path / "out.mp4")
    sound = read_audio(info)
    assert len(info.audio) == 1
    assert np.abs(sound.samples[0]).argmax() == pytest.approx(44100 + 22, abs=100)


def test_a_late_picture_is_still_late_beside_the_voice(late_picture_clip, tmp_path, number_of):
    info = probe(late_picture_clip)
    extract_audio(info, tmp_path / "sound.wav")
    remux(info, tmp_path / "sound.wav", tmp_path / "out.mp4")
    before = [number_of(image) for image in read_frames(info)]
    assert [number_of(image) for image in read_frames(probe(tmp_path / "out.mp4"))] == before


def test_a_late_sound_is_still_late_beside_the_picture(late_sound_clip, tmp_path):
    info = probe(late_sound_clip)
    extract_audio(info, tmp_path / "sound.wav")
    remux(info, tmp_path / "sound.wav", tmp_path / "out.mp4")
    sound = read_audio(probe(tmp_path / "out.mp4")).samples
    assert np.abs(sound[:, : round(0.65 * 44100)]).max() < 1e-3
    assert np.abs(sound[:, round(0.72 * 44100) :]).max() > 0.05


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_a_turned_picture_stays_turned(phone_clip, voice, tmp_path, suffix):
    remux(probe(phone_clip), voice, tmp_path / f"out{suffix}")
    image = next(read_frames(probe(tmp_path / f"out{suffix}")))
    assert image.shape == (160, 120, 3)
    assert image[:70].min() > 200
    assert image[90:].max() < 50


def test_a_container_that_does_not_take_the_picture_says_so(clip, voice, tmp_path):
    with pytest.raises(OutputError, match="Only VP8 or VP9 or AV1") as caught:
        remux(probe(clip), voice, tmp_path / "out.webm")
    assert ".mkv" in caught.value.hint
    assert [file.name for file in tmp_path.iterdir()] == ["voice.wav"]


def test_a_voice_without_a_picture_cannot_be_put_under_it(tone, voice, tmp_path):
    with pytest.raises(MediaError, match="has no pictures"):
        remux(probe(tone), voice, tmp_path / "out.mp4")


def test_odd_names_can_be_written(clip, voice, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    target = Path("-%d [it's] ü\n.mp4")
    remux(probe(clip), voice, target)
    assert probe(target).has_video


def test_written_pictures_are_read_back(tmp_path):
    images = [np.full((90, 120, 3), (shade, 255 - shade, 60), np.uint8) for shade in (40, 200)]
    sound = Waveform(np.full((2, 3200), 0.25, np.float32), 16000)
    write_video(tmp_path / "out.mp4", (images[n // 5] for n in range(10)), sound)
    info = probe(tmp_path / "out.mp4")
    back = list(read_frames(info))
    assert len(back) == 10
    assert np.abs(back[2].astype(int) - images[0]).mean() < 4
    assert np.abs(back[8].astype(int) - images[1]).mean() < 4
    assert [(track.channels, track.sample_rate) for track in info.audio] == [(2, 16000)]


def test_odd_sizes_are_made_even(tmp_path):
    write_video(tmp_path / "out.mp4", [np.zeros((51, 67, 3), np.uint8)] * 3)
    assert next(read_frames(probe(tmp_path / "out.mp4"))).shape == (52, 68, 3)


def test_a_video_without_pictures_is_refused(tmp_path):
    with pytest.raises(OutputError, match="there are no pictures"):
        write_video(tmp_path / "out.mp4", [])


def test_an_encoder_that_gives_up_is_reported(tmp_path):
    images = [np.zeros((64, 64, 3), np.uint8)] * 200
    with pytest.raises(OutputError, match="cannot be written"):
        write_video(tmp_path / "out.nonsense", images)
