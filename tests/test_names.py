from __future__ import annotations

import os
import subprocess
import sys

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


def test_names_are_the_same_where_the_locale_knows_no_umlauts():
    code = r"from avsep.names import choose_name; print(ascii(choose_name('J\xfcrgen')))"
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    run = [sys.executable, "-c", code]
    done = subprocess.run(run, env=os.environ | plain, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == r"'J\xfcrgen'", done.stderr


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


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Anna.L=1", "Anna_L"),
        ("Ben .r=1", "Ben _r"),
        ("Chair.LFE=1", "Chair_LFE"),
        ("Ls.Ls=1", "Ls_Ls"),
        ("Dr. Lee=1", "Dr. Lee"),
        ("A.B.C=1", "A.B_C"),
        ("L=1", "L"),
    ],
)
def test_no_speaker_is_called_like_a_loudspeaker(text, name):
    assert read_speakers(text) == {1: name}


def test_speakers_that_would_share_a_file_once_their_names_are_mended_are_refused():
    with pytest.raises(SettingError, match="both be called 'Anna_L'"):
        read_speakers("Anna.L=1,Anna_L=2")


def test_no_template_makes_a_name_of_a_loudspeaker():
    assert name_file("{speaker}-{input}", "debate.R", "Anna", 1) == "Anna-debate_R"
    assert name_file("{input}.{speaker}", "debate", "C", 1) == "debate_C"
    assert name_file("{speaker}.LFE", "debate", "Anna", 1) == "Anna_LFE"
