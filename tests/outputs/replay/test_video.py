"""The cut that plays crosstalk again, on a recording of numbered greys."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from types import SimpleNamespace
from xml.etree import ElementTree

import numpy as np
import opentimelineio as otio
import pytest
import soundfile

from avsep.faces.people import Person
from avsep.media.probing import probe
from avsep.media.reading import read_audio, read_frames
from avsep.outputs.replay.video import write_replay
from avsep.separation.recording import Speaker
from avsep.separation.stems import VoiceFiles

RATE = 44_100


@pytest.fixture
def separation(clip, tmp_path):
    """Two seconds; Anna speaks all the time, Ben from 0.4 to 0.8 s; the voices are two tones."""
    made = tmp_path / "scratch" / "made"
    made.mkdir(parents=True)
    time = np.arange(2 * RATE) / RATE
    tones = {"mixture": 300, "Anna [1]": 1000, "Ben": 2000}
    for name, pitch in tones.items():
        tone = 0.2 * np.sin(2 * np.pi * pitch * time)
        soundfile.write(made / f"{name}.wav", np.stack([tone, tone], 1), RATE, "FLOAT")
    track = SimpleNamespace(start=0, stop=50, boxes=np.tile(np.float32([30, 30, 60, 70]), (50, 1)))
    face = SimpleNamespace(track=track, portrait=np.zeros((160, 160, 3), np.uint8))
    speakers = [
        Speaker(
            name,
            Person(number, (face,)),
            VoiceFiles(made / f"{name}.wav", made / "none"),
            spans,
        )
        for number, (name, spans) in enumerate((("Anna [1]", ((0, 50),)), ("Ben", ((10, 20),))), 1)
    ]
    return SimpleNamespace(
        info=probe(clip),
        people=SimpleNamespace(frames=50),
        speakers=speakers,
        mixture=made / "mixture.wav",
        weights=None,
        folder=made,
        scratch=made.parent,
    )


def pitch_at(sound: np.ndarray, second: float) -> float:
    piece = sound[round(second * RATE) :][: RATE // 10]
    return float(np.abs(np.fft.rfft(piece * np.hanning(len(piece)))).argmax() * 10)


def test_the_stretch_is_played_as_it_was_then_voice_by_voice(separation, number_of):
    video, *_ = write_replay(separation, 0.2, 1.0)
    sound = read_audio(probe(video)).samples[0]
    pitches = [pitch_at(sound, second) for second in (0.5, 0.9, 1.3, 1.7)]
    assert pitches == pytest.approx([300, 1000, 2000, 300], abs=15)
    frames = list(read_frames(probe(video)))
    assert len(frames) == 70
    corner = [number_of(image[:20]) for image in frames]
    assert corner[:20] == list(range(20))
    assert corner[40:] == list(range(20, 50))
    face = [number_of(image[45:55, 40:50]) for image in frames]
    assert face[20:30] == face[30:40] == pytest.approx(list(range(10, 20)), abs=1)
    assert max(corner[20:40]) < 10  # dimmed


def test_where_others_stay_in_the_file_for_editors_the_pure_voice_is_played(separation):
    anna, ben = separation.speakers
    pure = ben.voice.full.with_name("Ben.16k.wav")
    tone = 0.1 * np.sin(2 * np.pi * 2500 * np.arange(2 * 16_000) / 16_000)
    soundfile.write(pure, tone, 16_000, "FLOAT")
    files = VoiceFiles(ben.voice.full, pure, gain=0.0, narrow_gain=-6.02)
    separation.speakers = [anna, replace(ben, voice=files, others=0.0)]
    video, *_ = write_replay(separation, 0.2, 1.0)
    sound = read_audio(probe(video)).samples
    pitches = [pitch_at(sound[1], second) for second in (0.5, 0.9, 1.3, 1.7)]
    assert pitches == pytest.approx([300, 1000, 2500, 300], abs=15)
    piece = sound[:, round(1.25 * RATE) : round(1.5 * RATE)]
    assert np.abs(piece).max() == pytest.approx(0.2, rel=0.1)  # as loud as it is in the other


def test_sound_that_goes_on_after_the_picture_is_heard_to_its_end(separation):
    separation.people.frames = 30  # of the picture; the sound lasts for 50
    video, *lists = write_replay(separation, 0.2, 1.0)
    assert len(list(read_frames(probe(video)))) == 70
    assert read_audio(probe(video)).samples.shape[1] / RATE == pytest.approx(2.8, abs=0.05)
    timeline = otio.adapters.read_from_file(str(lists[0]))
    assert [track.duration().value for track in timeline.tracks] == [70, 70]


def test_edit_lists_hold_the_same_cut(separation):
    paths = write_replay(separation, 0.2, 1.0)
    assert [path.name for path in paths] == ["replay.mp4", "replay.otio", "replay.xml"]
    for path, adapter in zip(paths[1:], ("otio_json", "fcp_xml"), strict=True):
        timeline = otio.adapters.read_from_file(str(path), adapter_name=adapter)
        (sounds,) = timeline.audio_tracks()
        cut = [
            (
                clip.media_reference.target_url.rpartition("/")[2],
                clip.source_range.start_time.value,
            )
            for clip in sounds
        ]
        assert cut == [
            ("clip.mp4", 0),
            ("clip.mp4", 10),
            ("Anna%20%5B1%5D.wav", 10),
            ("Ben.wav", 10),
            ("clip.mp4", 20),
        ]
        assert [len(track) for track in timeline.tracks] == [5, 5]
        assert timeline.duration().to_seconds() == pytest.approx(2.8)


@pytest.mark.parametrize(
    ("rate", "code", "first"),
    [
        ("24000/1001", "01:00:00:00", 86_400),
        ("25", "", 0),
        ("30000/1001", "01:00:00;00", 107_892),
        ("30000/1001", "01:00:00:00", 108_000),
        ("50", "00:59:59:25", 179_975),
        ("60000/1001", "01:00:00;00", 215_784),
    ],
)
def test_edit_lists_count_as_the_recording_does(separation, make_media, rate, code, first):
    source = ("-f", "lavfi", "-i", f"color=gray:size=160x120:rate={rate}:duration=2.002")
    coder = ("-c:v", "libx264", *(("-timecode", code) if code else ()))
    separation.info = probe(make_media("recorded.mov", *source, *coder))
    exact = float(Fraction(rate))
    for path, adapter in zip(
        write_replay(separation, 0.2, 1.0)[1:], ("otio_json", "fcp_xml"), strict=True
    ):
        timeline = otio.adapters.read_from_file(str(path), adapter_name=adapter)
        (frames,), (sounds,) = timeline.video_tracks(), timeline.audio_tracks()
        media = frames[0].media_reference.available_range
        assert timeline.global_start_time == media.start_time
        assert (media.start_time.value, media.start_time.rate) == (first, pytest.approx(exact))
        if code:
            assert otio.opentime.to_timecode(media.start_time, exact, ";" in code) == code
        joins = [0, 0.4, 0.4, 0.4, 0.8]
        expected = [round(second * exact) + first for second in joins]
        assert [clip.source_range.start_time.value for clip in frames] == expected
        heard = [clip.source_range.start_time.value for clip in sounds]
        assert heard == expected  # voices carry the same time code
        assert len(timeline.tracks[0]) == len(sounds) == 5
        assert frames.duration() == sounds.duration()
        assert frames.duration().value == pytest.approx(2.8 * exact, abs=2)
        assert all(clip.source_range.duration.value % 1 == 0 for clip in [*frames, *sounds])


def test_final_cut_is_told_what_drops_frames(separation, make_media):
    source = ("-f", "lavfi", "-i", "color=gray:size=160x120:rate=30000/1001:duration=2")
    how = ("-c:v", "libx264", "-timecode", "01:00:00;00")
    separation.info = probe(make_media("dropping.mov", *source, *how))
    path = write_replay(separation, 0.2, 1.0)[-1]
    codes = ElementTree.parse(path).iter("timecode")  # noqa: S314 - made by ourselves
    said = {tuple(code.findtext(what) for what in ("string", "displayformat")) for code in codes}
    assert said == {("01:00:00;00", "DF")}


def test_edit_lists_of_a_late_picture_show_its_frames_and_gaps_before(separation, make_media):
    source = ("-f", "lavfi", "-i", "color=gray:size=160x120:rate=25:duration=1.4")
    tone = ("-f", "lavfi", "-i", "sine=sample_rate=44100:duration=2")
    coder = ("-c:v", "libx264", "-bf", "0", "-c:a", "pcm_s16le", "-timecode", "01:00:00:00")
    held = ("-fps_mode", "passthrough")  # else some fill what is before the picture
    made = make_media("late.mov", "-itsoffset", "0.6", *source, *tone, *coder, *held)
    separation.info = probe(made)
    path = write_replay(separation, 0.2, 1.0)[1]
    (frames,) = otio.adapters.read_from_file(str(path)).video_tracks()
    # 10 frames, 10 of crosstalk, these twice more, and 30; the picture begins with the 15th.
    found = [
        (type(item).__name__, round(item.source_range.start_time.value), item.duration().value)
        for item in frames
    ]
    once = [("Gap", 0, 5), ("Clip", 90_000, 5)]
    assert found == [("Gap", 0, 10), *once, *once, *once, ("Clip", 90_005, 30)]
    media = frames[2].media_reference.available_range
    assert (media.start_time.value, media.duration.value) == (90_000, 35)


def test_without_crosstalk_there_is_no_replay(separation, caplog):
    assert write_replay(separation, 0.5, 1.0) == []
    assert "nobody talks at once" in caplog.text
