from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from avsep.errors import MediaError
from avsep.media.ffmpeg import TOO_SLOW, ToolResult, run_limited
from avsep.media.probing import probe


def test_an_ordinary_clip_is_described(clip):
    info = probe(clip)
    assert (info.width, info.height) == (160, 120)
    assert info.duration == pytest.approx(2, abs=0.05)
    assert [(sound.sample_rate, sound.channels) for sound in info.audio] == [(44100, 2)]
    assert info.has_video
    assert info.audio


def test_a_phone_video_has_the_size_it_is_shown_at(phone_clip):
    info = probe(phone_clip)
    assert (info.width, info.height) == (120, 160)


def test_oblong_pixels_count_as_they_are_shown(wide_clip):
    info = probe(wide_clip)
    assert (info.width, info.height) == (160, 90)


def test_a_cover_picture_is_no_video(covered_tone):
    info = probe(covered_tone)
    assert not info.has_video
    assert info.audio


def test_a_file_without_sound_has_none(silent_clip):
    assert not probe(silent_clip).audio


def test_the_sound_marked_as_default_is_the_one_in_use(two_sounds_clip):
    info = probe(two_sounds_clip)
    assert [sound.channels for sound in info.audio] == [1, 2]
    assert [sound.index for sound in info.heard] == [2]


def test_a_length_the_header_does_not_state_is_measured(clip, make_media, tmp_path):
    streamed = make_media("live.mkv", "-i", clip, "-c", "copy", "-live", "1")
    assert probe(streamed).duration == pytest.approx(2, abs=0.1)


def test_measuring_a_length_is_limited_as_every_look_is(clip, make_media, monkeypatch):
    streamed = make_media("live.mkv", "-i", clip, "-c", "copy", "-live", "1")
    looked = []

    def run(arguments):
        looked.append(arguments[0])
        return run_limited(arguments)

    monkeypatch.setattr("avsep.media.probing.run_limited", run)
    probe(streamed)
    assert [path.rpartition("/")[2][:7] for path in looked] == ["ffprobe", "ffmpeg"]


def test_a_length_that_takes_too_long_to_measure_is_a_sentence(clip, make_media, monkeypatch):
    streamed = make_media("live.mkv", "-i", clip, "-c", "copy", "-live", "1")

    def run(arguments):
        looks = "ffprobe" in arguments[0]
        return run_limited(arguments) if looks else ToolResult(-9, b"", TOO_SLOW)

    monkeypatch.setattr("avsep.media.probing.run_limited", run)
    with pytest.raises(MediaError, match="no answer within 60 s") as caught:
        probe(streamed)
    assert "-c copy" in caught.value.hint


def test_a_missing_file_is_said_to_be_missing(tmp_path):
    with pytest.raises(MediaError, match=r"no\.mp4 does not exist"):
        probe(tmp_path / "no.mp4")


def test_a_folder_is_said_to_be_one(tmp_path):
    with pytest.raises(MediaError, match="is a folder"):
        probe(tmp_path)


def test_a_name_that_is_no_text_is_refused_in_a_sentence(tmp_path):
    file = tmp_path / "d\udce9bat.mp4"
    file.write_bytes(b"x")
    with pytest.raises(MediaError, match="a name that is no UTF-8"):
        probe(file)


def test_a_file_that_may_not_be_seen_is_said_to_be(tmp_path, monkeypatch):
    def refuse(_path: Path) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, "stat", refuse)
    with pytest.raises(MediaError, match=r"can't be looked at \(Permission denied\)"):
        probe(tmp_path / "x.mp4")


def test_an_empty_file_is_said_to_be_empty(tmp_path):
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(MediaError, match="is empty"):
        probe(tmp_path / "empty.mp4")


def test_a_text_with_the_name_of_a_video_is_refused(tmp_path):
    (tmp_path / "text.mp4").write_text("This is no video.\n" * 100)
    with pytest.raises(MediaError, match="cannot be read"):
        probe(tmp_path / "text.mp4")


def test_a_file_cut_off_before_its_index_is_refused_with_the_reason(clip, tmp_path):
    cut = tmp_path / "cut.mp4"
    content = clip.read_bytes()
    cut.write_bytes(content[: len(content) // 2])
    with pytest.raises(MediaError, match="moov atom not found") as caught:
        probe(cut)
    assert caught.value.hint


@pytest.mark.parametrize("name", ["list.m3u8", "list.txt", "list.mp4", "list.ffconcat"])
@pytest.mark.parametrize("kind", ["playlist", "concatenation"])
def test_a_list_that_names_other_files_is_refused(clip, tmp_path, name, kind):
    playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:2,\n{clip}\n#EXT-X-ENDLIST\n"
    concatenation = f"ffconcat version 1.0\nfile {clip}\n"
    (tmp_path / name).write_text(playlist if kind == "playlist" else concatenation)
    with pytest.raises(MediaError):
        probe(tmp_path / name)


def test_a_subtitle_file_is_refused(tmp_path):
    (tmp_path / "talk.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nHello.\n\n")
    with pytest.raises(MediaError, match="is not a recording"):
        probe(tmp_path / "talk.srt")


def test_a_single_picture_is_refused(make_media, clip):
    picture = make_media("picture.jpg", "-i", clip, "-frames:v", "1", "-update", "1")
    with pytest.raises(MediaError, match="is not a recording"):
        probe(picture)
