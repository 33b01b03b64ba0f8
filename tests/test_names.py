from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avsep.errors import SettingError
from avsep.names import LONGEST, clean_name, name_file, read_speakers, read_template


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("all", None),
        ("1,3", {1: "speaker-1", 3: "speaker-3"}),
        ("Anna=2, 1", {2: "Anna", 1: "speaker-1"}),
        ("a=b=1", {1: "a=b"}),
        ("Zoë Ångström=1", {1: "Zoë Ångström"}),
        ("../../etc/passwd=1", {1: "_.._etc_passwd"}),
        ("con=1,nul.txt=2", {1: "_con", 2: "_nul.txt"}),
    ],
)
def test_speakers_are_read_as_written(text, names):
    assert read_speakers(text) == names


@pytest.mark.parametrize(
    "text", ["", "0", "-1", "1,", "Anna", "Anna=", "=1", "...=1", "-x=1", "1,A=1", "²"]
)
def test_what_names_no_speaker_is_refused(text):
    with pytest.raises(SettingError):
        read_speakers(text)


@pytest.mark.parametrize(
    "text", ["rest=1", "Rest=1", "manifest=1", "a.16k=1", "A=1,a=2", "speaker-2=1,2"]
)
def test_names_that_would_share_a_file_are_refused(text):
    with pytest.raises(SettingError):
        read_speakers(text)


@settings(deadline=None)
@given(st.text())
def test_a_clean_name_stays_in_its_folder(name):
    cleaned = clean_name(name)
    assert not set(cleaned) & set('/\\:*?"<>|\0\n')
    assert cleaned not in {".", ".."}
    assert len(cleaned.encode()) <= LONGEST
    assert clean_name(cleaned) == cleaned


@pytest.mark.parametrize(
    "text", ["{input}", "{speaker", "{name}", "a/{speaker}", "-{speaker}", "{}{speaker}", "", "x"]
)
def test_a_template_that_names_no_files_is_refused(text):
    with pytest.raises(SettingError) as caught:
        read_template(text)
    assert "{input}-{speaker}" in caught.value.hint


def test_what_stands_in_a_name_is_not_filled_in_again():
    template = read_template("{input} {speaker}")
    assert name_file(template, "a{number}/b", "{input}", 3) == "a{number}_b {input}"
