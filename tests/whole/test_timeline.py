"""The timeline of a whole recording, read back by OpenTimelineIO and by what its formats say."""

from __future__ import annotations

import csv
import re
from fractions import Fraction
from pathlib import Path
from urllib.parse import unquote, urlparse
from xml.etree import ElementTree

import opentimelineio as otio
import pytest

from avsep.separation.talk import Talk
from fakes import face

# Frames, 25 a second: Zoë speaks twice, Ben once, and for a moment both.
SPEAKING = [((0, 10), (20, 30)), ((8, 18),)]
WHO = "Zoë #1=1,Ben & 50%=2"
NAMES = ["Zoë #1", "Ben & 50%", "rest"]


@pytest.fixture
def split(split_into, see_faces, tmp_path, monkeypatch):
    """Split a recording in which two people speak when `SPEAKING` says; the result's folder."""
    see_faces(face(40), face(120))
    monkeypatch.setattr("avsep.separation.voices.listen", lambda *_: Talk(tuple(SPEAKING)))
    output = tmp_path / "Stimmen für #2 (100%)"
    words = ("--timeline", "--speakers", WHO)
    return lambda source, *more: split_into(source, *words, *more, output=output)


@pytest.fixture
def record(make_media):
    def make(name, rate="25", code="", channels=1, seconds=2):
        picture = ("-f", "lavfi", "-i", f"testsrc2=size=160x120:rate={rate}:duration={seconds}")
        tone = ("-f", "lavfi", "-i", f"sine=sample_rate=48000:duration={seconds}")
        coder = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-bf", "0")
        stamp = ("-timecode", code) if code else ()
        sound = ("-c:a", "pcm_s16le", "-ac", str(channels))
        return make_media(name, *picture, *tone, *coder, *sound, *stamp)

    return make


def find(folder: Path, suffix: str) -> Path:
    (path,) = folder.glob(f"*{suffix}")
    return path


def read(path: Path) -> otio.schema.Timeline:
    adapter = {".otio": "otio_json", ".xml": "fcp_xml"}[path.suffix]
    return otio.adapters.read_from_file(str(path), adapter_name=adapter)


def locate(url: str) -> Path:
    parts = urlparse(url)
    assert (parts.scheme, parts.query, parts.fragment) == ("file", "", "")
    return Path(unquote(parts.path))


def frames_of(second: float, rate: Fraction) -> int:
    return round(Fraction(second).limit_denominator(1000) * rate)


RATES = [
    ("24000/1001", "01:00:00:00"),
    ("25", "10:00:00:00"),
    ("25", ""),
    ("30000/1001", "01:00:00;00"),
    ("30000/1001", "01:00:00:00"),
    ("50", "00:59:59:25"),
    ("60000/1001", "23:59:59;40"),
]


@pytest.mark.parametrize(("rate", "code"), RATES)
def test_picture_voices_and_rest_lie_on_tracks_at_the_time_code_of_the_recording(
    split, record, rate, code
):
    folder = split(record("Debatte ä #1 50%.mov", rate, code))
    exact = Fraction(rate)
    first = 0
    if code:
        first = round(otio.opentime.from_timecode(code, float(exact)).value)
    # Two seconds of sound are filled by so many whole frames.
    whole = int(2 * exact)
    for suffix in (".otio", ".xml"):
        timeline = read(find(folder, suffix))
        assert timeline.name == "Debatte ä #1 50%"
        assert timeline.global_start_time == otio.opentime.RationalTime(first, float(exact))
        (picture,), sounds = timeline.video_tracks(), timeline.audio_tracks()
        called = [track.name or track.metadata["fcp_xml"]["@MZ.TrackName"] for track in sounds]
        assert called == NAMES
        for track, name in zip([picture, *sounds], ["Debatte ä #1 50%", *NAMES], strict=True):
            (clip,) = track
            assert clip.name == name
            begun = clip.source_range.start_time
            assert (begun.value, begun.rate) == (first, pytest.approx(float(exact)))
            assert abs(clip.source_range.duration.value - whole) <= (track is picture)
            assert clip.range_in_parent().start_time.value == 0
            assert clip.media_reference.available_range == clip.source_range
            path = locate(clip.media_reference.target_url)
            assert path.is_file()
            assert path.parent == folder or track is picture
            assert path.stem == name


@pytest.mark.parametrize(("rate", "code"), RATES)
def test_turns_are_marks_on_the_voices_and_crosstalk_on_the_whole(split, record, rate, code):
    folder = split(record("debate.mov", rate, code))
    exact = Fraction(rate)

    def marks(item, offset):
        return [
            (
                mark.name,
                mark.marked_range.start_time.value - offset,
                mark.marked_range.end_time_exclusive().value - offset,
            )
            for mark in item.markers
        ]

    def expect(name, *spans):
        return [
            (name, *(frames_of(frame / 25, exact) for frame in (start, stop)))
            for start, stop in spans
        ]

    for suffix in (".otio", ".xml"):
        timeline = read(find(folder, suffix))
        assert marks(timeline.tracks, 0) == expect("Zoë #1 + Ben & 50%", (8, 10))
        zoe, ben, rest = (track[0] for track in timeline.audio_tracks())
        # OpenTimelineIO counts marks as the media is, Final Cut Pro 7 from its first frame.
        offset = zoe.source_range.start_time.value if suffix == ".otio" else 0
        assert marks(zoe, offset) == expect("Zoë #1", *SPEAKING[0])
        assert marks(ben, offset) == expect("Ben & 50%", *SPEAKING[1])
        assert marks(rest, offset) == []


def test_marks_have_a_colour_for_each_speaker_and_one_for_crosstalk(split, record):
    folder = split(record("debate.mov"))
    timeline = read(find(folder, ".otio"))
    zoe, ben, _ = (track[0] for track in timeline.audio_tracks())
    colours = [{mark.color for mark in item.markers} for item in (timeline.tracks, zoe, ben)]
    assert colours == [{"RED"}, {"BLUE"}, {"GREEN"}]
    root = ElementTree.parse(find(folder, ".xml"))  # noqa: S314 - made by ourselves
    strongest = {
        marker.findtext("name"): max(
            ("red", "green", "blue"), key=lambda part: int(marker.findtext(f"color/{part}"))
        )
        for marker in root.iter("marker")
    }
    assert strongest == {"Zoë #1 + Ben & 50%": "red", "Zoë #1": "blue", "Ben & 50%": "green"}


def test_premiere_is_told_of_stereo_and_names_and_every_file_once(split, record):
    folder = split(record("stereo.mov", channels=2))
    root = ElementTree.parse(find(folder, ".xml"))  # noqa: S314 - made by ourselves
    tracks = root.findall("sequence/media/audio/track")
    told = [
        tuple(
            track.get(name)
            for name in ("MZ.TrackName", "premiereTrackType", "currentExplodedTrackIndex")
        )
        for track in tracks
    ]
    assert told == [(name, "Stereo", channel) for name in NAMES for channel in "01"]
    assert {track.get("totalExplodedTrackCount") for track in tracks} == {"2"}
    channels = [track.findtext("clipitem/sourcetrack/trackindex") for track in tracks]
    assert channels == ["1", "2"] * 3
    ids = [item.get("id") for item in root.iter("clipitem")]
    assert len(set(ids)) == len(ids) == 7
    assert {link.text for link in root.iter("linkclipref")} <= set(ids)
    files = [file.get("id") for file in root.iter("file") if file.find("pathurl") is not None]
    assert sorted(files) == ["file-1", "file-2", "file-3", "file-4"]
    timeline = read(find(folder, ".xml"))
    assert [len(track) for track in timeline.audio_tracks()] == [1, 1, 1]


# What Premiere itself writes, in its order; what it knows besides is left out here.
PREMIERE = {
    "sequence": "duration rate name media timecode",
    "clipitem": "name enabled duration rate start end in out file sourcetrack link",
    "file": "name pathurl rate duration timecode media",
    "timecode": "rate string frame displayformat",
    "link": "linkclipref mediatype trackindex clipindex groupindex",
    "audio": "numOutputChannels format outputs track samplecharacteristics channelcount",
    "track": "clipitem enabled locked outputchannelindex",
    "group": "index numchannels downmix channel",
}


def test_elements_stand_in_the_order_in_which_premiere_writes_them(split, record):
    folder = split(record("stereo.mov", channels=2))
    root = ElementTree.parse(find(folder, ".xml")).getroot()  # noqa: S314 - made by ourselves
    seen = set()
    for parent in root.iter():
        if order := PREMIERE.get(parent.tag):
            found = [child.tag for child in parent if child.tag != "marker"]
            assert sorted(found, key=order.split().index) == found
            seen.add(parent.tag)
    assert seen == set(PREMIERE)


def seconds_of(text: str) -> Fraction:
    assert re.fullmatch(r"\d+(/\d+)?s", text)
    return Fraction(text[:-1])


@pytest.mark.parametrize(("rate", "code"), RATES)
def test_final_cut_gets_voices_attached_to_the_picture(split, record, rate, code):
    folder = split(record("debate.mov", rate, code))
    exact = Fraction(rate)
    first = round(otio.opentime.from_timecode(code, float(exact)).value) if code else 0
    root = ElementTree.parse(find(folder, ".fcpxml")).getroot()  # noqa: S314 - made by ourselves
    assert seconds_of(root.find("resources/format").get("frameDuration")) == 1 / exact
    sequence = root.find("event/project/sequence")
    assert seconds_of(sequence.get("tcStart")) == first / exact
    assert sequence.get("tcFormat") == ("DF" if ";" in code else "NDF")
    (picture,) = sequence.find("spine")
    assert picture.get("srcEnable") == "video"
    assets = {asset.get("id"): asset for asset in root.iter("asset")}
    sounds = picture.findall("asset-clip")
    assert [sound.get("name") for sound in sounds] == NAMES
    assert [sound.get("lane") for sound in sounds] == ["-1", "-2", "-3"]
    assert [sound.get("audioRole") for sound in sounds] == [
        "dialogue.Zoë 1",
        "dialogue.Ben 50",
        "effects.rest",
    ]
    for clip in [picture, *sounds]:
        asset = assets[clip.get("ref")]
        assert locate(asset.get("src")).is_file()
        begin, length = seconds_of(clip.get("start")), seconds_of(clip.get("duration"))
        assert begin == seconds_of(asset.get("start")) == first / exact
        assert seconds_of(clip.get("offset")) == first / exact
        # Nothing lies between two frames, nor goes beyond its file.
        assert (length * exact).denominator == 1
        assert clip is picture or length <= seconds_of(asset.get("duration")) == 2
    # What is attached comes before what is marked, as Apple's definition says.
    assert [child.tag for child in picture] == ["asset-clip"] * 3 + ["marker"]
    marks = [
        (mark.get("value"), round((seconds_of(mark.get("start")) * exact) - first))
        for mark in root.iter("marker")
    ]
    assert marks == [
        ("Zoë #1", frames_of(0, exact)),
        ("Zoë #1", frames_of(0.8, exact)),
        ("Ben & 50%", frames_of(0.32, exact)),
        ("Zoë #1 + Ben & 50%", frames_of(0.32, exact)),
    ]
    completed = [mark.get("completed") for mark in root.iter("marker")]
    assert completed == [None, None, None, "0"]


def test_another_reader_of_final_cut_s_lists_finds_the_same(split, record):
    folder = split(record("debate.mov", "25", "10:00:00:00"))
    timeline = otio.adapters.read_from_file(str(find(folder, ".fcpxml")))
    found = timeline if isinstance(timeline, otio.schema.Timeline) else timeline[0]
    clips = {clip.name: clip for clip in found.find_clips()}
    assert set(clips) == {"debate", *NAMES}
    assert {clip.duration().value for clip in clips.values()} == {50}


def test_resolve_gets_one_mark_a_frame(split, record):
    folder = split(record("debate.mov", "30000/1001", "01:00:00;00"))
    lines = find(folder, ".markers.edl").read_text(encoding="utf-8").splitlines()
    assert lines[:3] == ["TITLE: debate", "FCM: DROP FRAME", ""]
    events = [re.split(r"\s+", line.strip()) for line in lines[3::3]]
    assert [event[:4] for event in events] == [
        [f"{number:03}", "001", "V", "C"] for number in range(1, 5)
    ]
    # 0.32 s are 10 frames; the second mark there has moved on by one.
    assert [event[4:6] for event in events] == [
        ["01:00:00;00", "01:00:00;01"],
        ["01:00:00;10", "01:00:00;11"],
        ["01:00:00;11", "01:00:00;12"],
        ["01:00:00;24", "01:00:00;25"],
    ]
    assert [line.strip() for line in lines[4::3]] == [
        "|C:ResolveColorBlue |M:Zoë #1 |D:12",
        "|C:ResolveColorGreen |M:Ben & 50% |D:12",
        "|C:ResolveColorRed |M:Zoë #1 + Ben & 50% |D:1",
        "|C:ResolveColorBlue |M:Zoë #1 |D:12",
    ]


def test_a_spreadsheet_gets_a_row_for_each_turn(split, record):
    folder = split(record("debate.mov", "25", "10:00:00:00"))
    with find(folder, ".turns.csv").open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    told = [(row["speaker"], row["start"], row["stop_timecode"], row["crosstalk"]) for row in rows]
    assert told == [
        ("Zoë #1", "0.000", "10:00:00:10", "0.080"),
        ("Ben & 50%", "0.320", "10:00:00:18", "0.080"),
        ("Zoë #1", "0.800", "10:00:01:05", "0.000"),
    ]


@pytest.fixture
def late(make_media):
    """Three seconds of sound, and after 0.72 s two seconds of picture with a time code."""
    picture = ("-itsoffset", "0.72", "-f", "lavfi", "-i", "testsrc2=size=160x120:rate=25:d=2")
    tone = ("-f", "lavfi", "-i", "sine=sample_rate=48000:duration=3")
    held = ("-fps_mode", "passthrough", "-bf", "0", "-timecode", "10:00:00:00")
    coder = ("-c:v", "libx264", "-c:a", "pcm_s16le", *held)
    return make_media("late.mov", *picture, *tone, *coder)


def find_part(folder: Path) -> Path:
    """The folder of the only range, beside where the result of the whole would lie."""
    (part,) = folder.parent.glob(f"{folder.name}@*")
    return part


def list_shown(folder: Path) -> set[tuple[int, ...]]:
    """Of each list: where the picture begins, what is shown of it, and what the file has."""
    found = set()
    for suffix in (".otio", ".xml"):
        timeline = read(find(folder, suffix))
        clip = next(iter(timeline.video_tracks()[0].find_clips()))
        begin = clip.range_in_parent().start_time
        spans = clip.source_range, clip.media_reference.available_range
        times = [begin, *(time for span in spans for time in (span.start_time, span.duration))]
        found.add(tuple(round(time.value) for time in times))
    return found


@pytest.mark.parametrize(
    ("range_", "begin", "start", "frames"),
    [("0-2", 18, 0, 32), ("0.4-2.9", 8, 0, 50), ("1.2-2.8", 0, 12, 38), ("1.2-2", 0, 12, 20)],
)
def test_a_range_shows_the_frames_that_lie_in_it(split, late, range_, begin, start, frames):
    folder = find_part(split(late, "--range", range_))
    assert list_shown(folder) == {(begin, 900_000 + start, frames, 900_000, 50)}


def test_a_range_after_midnight_shows_the_right_frames_of_the_file(split, record):
    last = 24 * 3600 * 25 - 25
    folder = find_part(split(record("night.mov", code="23:59:59:00"), "--range", "1.2-1.8"))
    assert list_shown(folder) == {(0, last + 30, 15, last, 50)}
    file = ElementTree.parse(find(folder, ".xml")).find(".//video//file/timecode")  # noqa: S314
    assert [file.findtext(key) for key in ("string", "frame")] == ["23:59:59:00", str(last)]


def test_no_mark_goes_on_after_its_clip(split, record):
    folder = find_part(split(record("debate.mov"), "--range", "0-1.16"))
    clips = read(find(folder, ".otio")).audio_tracks()
    for clip in (track[0] for track in clips):
        for mark in clip.markers:
            assert mark.marked_range.end_time_exclusive() <= clip.source_range.end_time_exclusive()


def test_a_picture_that_begins_later_lies_later(split, late):
    folder = split(late)
    for suffix in (".otio", ".xml"):
        timeline = read(find(folder, suffix))
        assert timeline.global_start_time.value == 900_000 - 18
        clip = next(iter(timeline.video_tracks()[0].find_clips()))
        assert clip.range_in_parent().start_time.value == 18
        assert clip.source_range.start_time.value == 900_000
        assert clip.duration().value == 50
        voice = timeline.audio_tracks()[0][0]
        assert (voice.source_range.start_time.value, voice.duration().value) == (899_982, 75)
    root = ElementTree.parse(find(folder, ".fcpxml")).getroot()  # noqa: S314 - made by ourselves
    gap, clip, after = root.find("event/project/sequence/spine")
    assert (gap.tag, clip.tag, after.tag) == ("gap", "asset-clip", "gap")
    assert seconds_of(clip.get("offset")) == 36_000
    assert [seconds_of(each.get("duration")) for each in (gap, clip, after)] == [
        Fraction(18, 25),
        2,
        Fraction(7, 25),
    ]
    assert len(gap.findall("asset-clip")) == 3


def test_sounds_without_a_time_code_begin_at_zero(split, record):
    folder = split(record("debate.mov", "25", "10:00:00:00"), "--format", "flac")
    timeline = read(find(folder, ".otio"))
    assert [track[0].source_range.start_time.value for track in timeline.tracks] == [
        900_000,
        0,
        0,
        0,
    ]


def test_a_recording_called_replay_keeps_both_timelines_apart(split, record):
    folder = split(record("Replay.mov"), "--replay", "--replay-shortest", "0.04")
    assert {path.name for path in folder.glob("*.otio")} == {"replay.otio", "Replay.timeline.otio"}
