"""Codes of languages."""

from __future__ import annotations

import pytest

from avsep.errors import SettingError
from avsep.languages import read_language, tag_language


@pytest.mark.parametrize(
    ("text", "code", "tag"), [("en", "en", "eng"), ("deu", "de", "ger"), (" YUE ", "yue", "yue")]
)
def test_a_language_has_a_short_code_and_a_tag(text, code, tag):
    assert read_language(text) == code
    assert tag_language(code) == tag


@pytest.mark.parametrize("text", ["xx", "klingonish", "-", "und der"])
def test_what_is_no_language_is_refused(text):
    with pytest.raises(SettingError, match="is no language"):
        read_language(text)


@pytest.mark.parametrize("code", ["", "??"])
def test_an_unknown_language_is_tagged_as_such(code):
    assert tag_language(code) == "und"
