"""From a video to voices, with a detector that knows where the faces are."""

from __future__ import annotations

import gc
import json
import shutil
import tempfile

import numpy as np
import pytest
import soundfile
import torch

from avsep.batch.shared_network import SharedNetwork
from avsep.device import NETWORK_THREADS, count_detector_threads
from avsep.errors import FaceError, MediaError, ModelError, OutputError, SettingError
from avsep.faces.detectors import Face
from avsep.files import sha256
from avsep.media.ffmpeg import address, find_tool, run_limited, run_tool
from avsep.media.probing import probe
from avsep.media.reading import Waveform, read_audio
from avsep.options import Options
from avsep.outputs.catalogue.subtitles import Subtitles
from avsep.outputs.manifest import NAME
from avsep.pipeline import Separator, split
from avsep.progress import progress_bar
from avsep.speech.captions import Caption

POINTS = np.array([[14, 18], [26, 18], [20, 25], [15, 32], [25, 32]], np.float32)


def two_faces(image) -> list[Face]:
    box = np.array([5, 5, 35, 45], np.float32)
    return [
        Face(box + move, POINTS + move[:2], 0.99) for move in np.float32([[90, 40] * 2, [0] * 4])
    ]


@pytest.fixture
def separator(weights, make_separator) -> Separator:
    return make_separator(weights, two_faces)


def list_streams(path) -> list[dict]:
    command = [str(find_tool("ffprobe")), "-v", "error", "-show_streams", "-of", "json"]
    return json.loads(run_tool([*command, f"file:{path}"]).output)["streams"]


def read(path) -> np.ndarray:
    return soundfile.read(path, dtype="float32", always_2d=True)[0].T


def test_voices_and_rest_are_the_recording(clip, separator, tmp_path):
    result = split(clip, tmp_path, separator)
    source = read_audio(probe(clip))
    parts = [read(result.folder / f"{name}.wav") for name in ("speaker-1", "speaker-2", "rest")]
    assert all(part.shape == source.samples.shape for part in parts)
    np.testing.assert_allclose(sum(parts), source.samples, atol=1e-6)
    assert all(np.abs(part).max() > 1e-4 for part in parts)


def test_people_are_numbered_from_left_to_right(clip, separator, tmp_path):
    result = split(clip, tmp_path, separator)
    assert [voice.number for voice in result.voices] == [1, 2]
    assert [voice.seen for voice in result.voices] == [((0.0, 2.0),)] * 2
    assert [voice.visible for voice in result.voices] == [2.0, 2.0]


def test_every_file_stands_in_the_manifest_with_its_checksum(clip, separator, tmp_path):
    folder = split(clip, tmp_path, separator, Options(video=True, mkv=True)).folder
    manifest = json.loads((folder / NAME).read_text())
    listed = {entry["file"]: entry["sha256"] for entry in manifest["files"]}
    assert listed == {path.name: sha256(path) for path in folder.iterdir() if path.name != NAME}
    assert f"{clip.stem}.voices.mkv" in listed
    assert {"speaker-1.wav", "speaker-1.16k.wav", "speaker-1.mp4", "rest.wav"} <= listed.keys()
    second = manifest["speakers"][1]
    assert (second["number"], second["name"], second["seen"]) == (2, "speaker-2", [[0.0, 2.0]])
    assert manifest["options"]["video"]
    assert abs(second["box"][0] - 95) <= 1  # left edge of who sits on the right


def test_nothing_but_the_result_is_left_in_the_output_folder(clip, separator, tmp_path):
    split(clip, tmp_path, separator)
    assert [path.name for path in tmp_path.iterdir()] == [clip.stem]


def test_a_chosen_speaker_is_alone_and_the_rest_holds_the_other(clip, separator, tmp_path):
    both = split(clip, tmp_path / "both", separator)
    one = split(clip, tmp_path / "one", separator, Options(speakers={2: "ANNA"}))
    assert [voice.path.name for voice in one.voices] == ["ANNA.wav"]
    np.testing.assert_allclose(
        read(one.folder / "ANNA.wav"), read(both.folder / "speaker-2.wav"), atol=1e-6
    )
    expected = read(both.folder / "rest.wav") + read(both.folder / "speaker-1.wav")
    np.testing.assert_allclose(read(one.folder / "rest.wav"), expected, atol=1e-6)


def test_an_uncommon_rate_keeps_its_rate_and_length(make_media, clip, separator, tmp_path):
    odd = make_media(
        "odd-rate.mkv", "-i", clip, "-c:v", "copy", "-c:a", "pcm_s16le", "-ar", "22050"
    )
    result = split(odd, tmp_path, separator)
    source = read_audio(probe(odd))
    parts = [read(result.folder / f"{name}.wav") for name in ("speaker-1", "speaker-2", "rest")]
    assert all(part.shape == source.samples.shape for part in parts)
    assert soundfile.info(result.voices[0].path).samplerate == 22_050
    middle = slice(2000, -2000)
    np.testing.assert_allclose(sum(parts)[:, middle], source.samples[:, middle], atol=2e-3)


def test_flac_is_written_in_24_bit(clip, separator, tmp_path):
    options = Options(suffix=".flac", sample_format="24")
    voice = split(clip, tmp_path, separator, options).voices[0]
    assert (voice.path.suffix, soundfile.info(voice.path).subtype) == (".flac", "PCM_24")


def test_an_existing_result_is_left_alone(clip, separator, tmp_path):
    (tmp_path / clip.stem).mkdir()
    (tmp_path / clip.stem / "mine.txt").write_text("dear")
    with pytest.raises(OutputError, match="exists already"):
        split(clip, tmp_path, separator)
    assert [path.name for path in (tmp_path / clip.stem).iterdir()] == ["mine.txt"]
    assert [path.name for path in tmp_path.iterdir()] == [clip.stem]


def test_force_replaces_our_files_and_keeps_the_users(clip, separator, tmp_path):
    folder = split(clip, tmp_path, separator).folder
    (folder / "mine.txt").write_text("dear")
    split(clip, tmp_path, separator, Options(speakers={1: "ANNA"}, force=True))
    names = {path.name for path in folder.iterdir()}
    voices = {"ANNA.wav", "ANNA.16k.wav", "rest.wav", "rest.16k.wav"}
    assert names == voices | {f"{clip.stem}.rttm", NAME, "mine.txt"}


@pytest.mark.parametrize("changed", ["recording", "sound"])
def test_what_changes_while_it_is_split_is_refused(
    clip, tone, make_separator, weights, tmp_path, changed
):
    source, sound = tmp_path / "clip.mp4", tmp_path / "sound.wav"
    shutil.copy(clip, source)
    shutil.copy(tone, sound)

    def see(image):
        with (source if changed == "recording" else sound).open("ab") as file:
            file.write(b"more")
        return two_faces(image)

    separator = make_separator(weights, see)
    with pytest.raises(MediaError, match="changed while it was worked on"):
        split(source, tmp_path / "out", separator, sound=str(sound), sound_offset=0.0)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_speaker_who_is_not_there_is_refused(clip, separator, tmp_path):
    with pytest.raises(SettingError, match="there is no speaker 3: 2 were found"):
        split(clip, tmp_path, separator, Options(speakers={3: "C"}))
    assert not list(tmp_path.iterdir())


def test_a_recording_without_faces_is_refused(clip, separator, tmp_path):
    separator.detect = lambda image: []
    with pytest.raises(FaceError, match="no face whose lips can be read"):
        split(clip, tmp_path, separator)
    assert not list(tmp_path.iterdir())


def test_a_recording_without_sound_is_refused(silent_clip, separator, tmp_path):
    with pytest.raises(MediaError, match="no audio stream"):
        split(silent_clip, tmp_path, separator)


def test_what_the_recogniser_hears_becomes_subtitles_in_every_file(clip, separator, tmp_path):
    heard = []

    def recognise(sound: Waveform) -> list[Caption]:
        heard.append(sound)
        return [Caption(0.1, 0.3, "Good <evening>", "de")]

    asked = []
    separator.load_recogniser = lambda *how: asked.append(how) or recognise
    options = Options(mkv=True, subtitles=Subtitles(("srt", "vtt"), "tiny"))
    folder = split(clip, tmp_path, separator, options).folder
    assert asked == [("tiny", None)]
    assert {sound.samples.shape[0] for sound in heard} == {1}
    manifest = json.loads((folder / NAME).read_text())
    for speaker in manifest["speakers"]:
        text = (folder / f"{speaker['name']}.srt").read_text()
        assert text.count("Good") == len(speaker["speaking"]) == 1
        assert speaker["language"] == "de"
    assert (folder / "everybody.vtt").read_text().count("speaker-") == len(heard)
    streams = list_streams(folder / f"{clip.stem}.voices.mkv")
    told = [s["tags"].get("language") for s in streams if s["codec_type"] != "video"]
    assert told == ["ger", "ger", "ger", None, "ger", "ger"]  # the rest has none


def test_a_silent_speaker_has_no_subtitles_in_the_bundle(clip, separator, tmp_path):
    """Ffmpeg takes no SubRip file without a caption."""
    separator.load_recogniser = lambda *_: lambda sound: []
    options = Options(mkv=True, subtitles=Subtitles(("srt",), "tiny"))
    folder = split(clip, tmp_path, separator, options).folder
    assert (folder / "speaker-1.srt").exists()
    streams = list_streams(folder / f"{clip.stem}.voices.mkv")
    assert [s["codec_type"] for s in streams] == ["video", "audio", "audio", "audio", "audio"]


def test_a_recogniser_that_is_missing_shows_before_the_work(clip, separator, tmp_path):
    def fail(*_: object) -> None:
        raise ModelError("no such recogniser", hint="Give another.")

    looked = []
    separator.detect, separator.load_recogniser = looked.append, fail
    with pytest.raises(ModelError, match="no such recogniser"):
        split(clip, tmp_path, separator, Options(subtitles=Subtitles(("srt",), "smal")))
    assert looked == []


def test_many_channels_are_written_but_not_as_flac(make_media, separator, tmp_path):
    picture = ("-f", "lavfi", "-i", "color=gray:size=160x120:duration=1:rate=25")
    sound = ("-f", "lavfi", "-i", "anoisesrc=duration=1:sample_rate=48000:amplitude=0.1")
    wide = ("-c:v", "libx264", "-ac", "16", "-channel_layout", "hexadecagonal")
    source = make_media("wide.mov", *picture, *sound, *wide, "-c:a", "pcm_s16le")
    with pytest.raises(SettingError, match="16 channels, and FLAC holds 8"):
        split(source, tmp_path, separator, Options(suffix=".flac", sample_format="24"))
    folder = split(source, tmp_path, separator, Options(video=True, mkv=True)).folder
    assert read(folder / "speaker-1.wav").shape[0] == 16
    for name in ("speaker-1.mkv", "wide.voices.mkv"):
        sounds = [s for s in list_streams(folder / name) if s["codec_type"] == "audio"]
        assert {s["channels"] for s in sounds} == {16}


def test_files_are_called_as_the_template_says(clip, separator, tmp_path):
    separator.load_recogniser = lambda *_: lambda sound: []
    options = Options(
        speakers={2: "Anna"},
        file_names="{input}-{number}-{speaker}",
        subtitles=Subtitles(("srt",), "tiny"),
        video=True,
    )
    result = split(clip, tmp_path, separator, options)
    stem = f"{clip.stem}-2-Anna"
    rest = f"{clip.stem}-0-rest"
    assert {path.name for path in result.folder.iterdir()} == {
        *(f"{stem}{suffix}" for suffix in (".wav", ".16k.wav", ".mp4", ".srt")),
        *(f"{rest}{suffix}" for suffix in (".wav", ".16k.wav")),
        "everybody.srt",
        f"{clip.stem}.rttm",
        NAME,
    }
    assert result.voices[0].name == "Anna"
    assert result.voices[0].path.name == f"{stem}.wav"


def test_paths_may_be_strings(clip, separator, tmp_path):
    assert split(str(clip), str(tmp_path), separator).folder == tmp_path / "clip"


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/x"])
def test_a_result_never_leaves_the_output_folder(clip, separator, tmp_path, name):
    with pytest.raises(SettingError, match="is no folder inside"):
        split(clip, tmp_path / "out", separator, name=name)
    assert list(tmp_path.iterdir()) == []


def test_a_separator_is_loaded_as_the_command_line_loads_it(monkeypatch):
    asked = []
    monkeypatch.setattr("avsep.kit.load_detector", lambda *how: asked.append(how))
    separator = Separator(device="auto")
    assert (separator.detect, separator.detect) == (None, None)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    assert asked == [("auto", device, count_detector_threads())]
    assert separator.network is separator.network
    assert next(separator.network.parameters()).device.type == device


@pytest.mark.parametrize(("passes", "expected"), [(None, 2), (1, 1)])
def test_a_separator_separates_as_often_as_it_learnt_to_or_as_is_asked(passes, expected):
    network = Separator(device="cpu", passes=passes).network
    assert network.config.bands.passes == expected
    assert SharedNetwork.share(network).open().config.bands.passes == expected


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"device": "gpu"}, SettingError),
        ({"precision": "fp8"}, SettingError),
        ({"passes": 0}, SettingError),
        ({"model": "bass"}, ModelError),
    ],
)
def test_a_separator_that_cannot_be_is_refused_when_it_is_made(wrong, error):
    with pytest.raises(error):
        Separator(**wrong)


def test_torch_has_its_threads_back_after_a_split(clip, separator, tmp_path):
    during = []
    separator.detect = lambda image: during.append(torch.get_num_threads()) or two_faces(image)
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(3)
        split(clip, tmp_path, separator)
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)
    assert set(during) == {NETWORK_THREADS}


def test_a_recording_is_probed_once(clip, separator, tmp_path, monkeypatch):
    looked = []

    def look(command):
        looked.append(command[-1])
        return run_limited(command)

    monkeypatch.setattr("avsep.media.probing.run_limited", look)
    split(clip, tmp_path, separator, Options(video=True))
    assert looked.count(address(clip)) == 1  # others look at what was written


def test_options_can_be_named_one_by_one(clip, separator, tmp_path):
    one = separator.split(
        clip,
        tmp_path,
        Options(suffix=".flac", sample_format="24"),
        force=True,
        speakers={2: "Anna"},
    )
    assert [voice.path.name for voice in one.voices] == ["Anna.flac"]
    with pytest.raises(SettingError, match="nobody is wanted"):
        split(clip, tmp_path, separator, speakers={})


def test_people_are_found_without_a_split(clip, separator):
    people = separator.find_people(str(clip))
    assert [(person.number, person.name) for person in people.persons] == [
        (1, "speaker-1"), (2, "speaker-2")
    ]  # fmt: skip
    assert [person.spans for person in people.persons] == [((0, 50),), ((0, 50),)]
    assert people.persons is people.persons


def test_the_files_of_found_people_go_when_nobody_needs_them(
    clip, separator, tmp_path, monkeypatch
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    person = separator.find_people(clip).persons[0]
    gc.collect()
    assert person.portrait.shape == (160, 160, 3)
    assert len(list(tmp_path.iterdir())) == 1
    del person
    gc.collect()
    assert list(tmp_path.iterdir()) == []
    separator.detect = lambda image: []
    with pytest.raises(FaceError):
        separator.find_people(clip)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("rate", [0, float("nan"), float("inf"), 1, 44_100.5, "48000", None])
def test_what_is_no_sample_rate_is_refused(clip, separator, rate):
    people = separator.find_people(clip)
    with pytest.raises(SettingError, match="is no sample rate"):
        separator.separate(np.zeros(88_200, np.float32), people, sample_rate=rate)


def test_a_waveform_may_be_a_list_and_its_rate_any_whole_number(clip, separator):
    people = separator.find_people(clip)
    stems = separator.separate([0.1] * 88_200, people, sample_rate=44_100.0)
    assert stems["rest"].shape == (88_200,)


def test_sound_alone_shows_nobody(tone, separator):
    with pytest.raises(MediaError, match="has no pictures"):
        separator.find_people(tone)


def test_arrays_become_the_voices_that_a_split_writes(clip, separator, tmp_path):
    folder = split(clip, tmp_path / "out", separator).folder
    source = read_audio(probe(clip))
    people = separator.find_people(clip)
    stems = separator.separate(source.samples, people, sample_rate=source.sample_rate)
    assert list(stems) == ["speaker-1", "speaker-2", "rest"]
    for name, stem in stems.items():
        np.testing.assert_allclose(stem, read(folder / f"{name}.wav"), atol=1e-5)
    np.testing.assert_allclose(sum(stems.values()), source.samples, atol=1e-6)


def test_a_waveform_at_an_uncommon_rate_keeps_its_shape(clip, separator):
    waveform = np.random.default_rng(0).normal(0, 0.1, 22_051).astype(np.float32)
    stems = separator.separate(waveform, separator.find_people(clip), sample_rate=22_050)
    assert {stem.shape for stem in stems.values()} == {(22_051,)}
    np.testing.assert_allclose(sum(stems.values()), waveform, atol=1e-6)


@pytest.mark.parametrize(
    "wrong", [np.zeros((2, 0)), np.zeros((9, 2)), np.zeros((1, 1, 9)), np.full(9, np.nan)]
)
def test_what_is_no_waveform_is_refused(clip, separator, wrong):
    with pytest.raises(SettingError, match="waveform"):
        separator.separate(wrong, separator.find_people(clip), sample_rate=16_000)


def test_a_bar_shows_how_far_the_work_is(clip, separator, tmp_path, capsys):
    split(clip, tmp_path, separator, progress=progress_bar)
    shown = capsys.readouterr().err
    assert "looking for faces" in shown
    assert "separating voices" in shown
