"""Names of languages as options, recognisers and containers write them."""

from __future__ import annotations

from langcodes import Language

from avsep.errors import SettingError

UNKNOWN = "und"  # undetermined, as ISO 639-2 says


def read_language(text: str) -> str:
    """The shortest code of a language.

    >>> read_language("eng"), read_language("EN")
    ('en', 'en')

    Raises:
        SettingError: There is no such language.
    """
    try:
        language = Language.get(text.strip())
    except (LookupError, ValueError):
        language = None
    if language is None or not language.language or not language.is_valid():
        raise SettingError(
            f"{text!r} is no language", hint="Write a code of ISO 639, like en, de or zh."
        )
    return language.language


def tag_language(code: str) -> str:
    """The code of three letters that containers take.

    >>> tag_language("de"), tag_language("")
    ('ger', 'und')
    """
    if not code:
        return UNKNOWN
    try:
        return Language.get(code).to_alpha3(variant="B")
    except (LookupError, ValueError):
        return UNKNOWN
