"""Values of options that are refused as wrong usage."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import typer

from avsep.choices import Format, SampleFormat
from avsep.errors import SettingError
from avsep.names import read_voices

STREAM = re.compile(r"\d+|[a-z]{2,3}(-[a-z0-9]+)*")
USUAL_SAMPLES = {Format.FLAC: SampleFormat.TWENTY_FOUR, Format.AIFF: SampleFormat.TWENTY_FOUR}


def check_with(read: Callable[[str], object]) -> Callable[[str], str]:
    """Make a check of a text that is given, whose refusal is wrong usage, of what reads it.

    Args:
        read: Raises `SettingError` if the text means nothing; what it returns counts if it is a
            text too.
    """

    def check(text: str) -> str:
        with _refusing_usage():
            found = read(text)
        return found if isinstance(found, str) else text

    return check


def check_all_with(
    read: Callable[[list[str]], Iterable[str]],
) -> Callable[[list[str] | None], list[str] | None]:
    """The same of an option that may be given several times; None where it is not."""

    def check(texts: list[str] | None) -> list[str] | None:
        with _refusing_usage():
            return list(read(texts)) if texts else None

    return check


@contextmanager
def _refusing_usage() -> Iterator[None]:
    try:
        yield
    except SettingError as error:
        said = [error.message, error.hint] if error.hint else [error.message]
        raise typer.BadParameter(". ".join(said)) from error


def find_language(text: str) -> str:
    """A language's code, or nothing of nothing."""
    if not text:
        return text
    from avsep.languages import read_language

    return read_language(text)


def choose_samples(kind: Format, chosen: SampleFormat | None) -> SampleFormat:
    """The sample format that is asked for, or the best the files hold."""
    if kind is Format.FLAC and chosen is SampleFormat.FLOAT:
        raise typer.BadParameter("FLAC holds no float: take --sample-format 24, or --format wav")
    if chosen and kind in (Format.M4A, Format.MP3):
        raise typer.BadParameter(f"{kind} has no --sample-format: leave it away")
    return chosen or USUAL_SAMPLES.get(kind, SampleFormat.FLOAT)


def check_streams(text: str) -> str:
    """Refuse what names no stream: neither a number nor a language."""
    words = [word.strip().lower() for word in text.split(",") if word.strip()]
    for word in words:
        if not STREAM.fullmatch(word):
            raise typer.BadParameter(f"{word!r} is neither a number nor a language like eng")
    return ",".join(words)


def check_stream(text: str) -> str:
    """Refuse what names no stream, and more than one."""
    if "," in text:
        raise typer.BadParameter("only one picture can be watched")
    return check_streams(text)


def check_voice_samples(texts: list[str] | None) -> list[str] | None:
    """Refuse what is no sample of a voice."""
    check_with(lambda _: read_voices(texts or []))("")
    return texts
