"""The recogniser that comes with `avsep[subtitles]`: faster-whisper."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING

from avsep.errors import ModelError, SettingError
from avsep.media.reading import Waveform
from avsep.speech.captions import Caption, Recogniser, group_words

if TYPE_CHECKING:
    from faster_whisper import WhisperModel


PACKAGE = "faster_whisper"
# Whisper's own names of languages that ISO 639 calls otherwise.
WHISPER_CODES = {"nb": "no", "jv": "jw", "cmn": "zh", "fil": "tl"}


def check_recogniser() -> None:
    """Refuse to go on without a recogniser.

    Raises:
        SettingError: There is none.
    """
    if find_spec(PACKAGE) is None:
        raise SettingError(
            "subtitles need a speech recogniser, and faster-whisper isn't installed",
            hint="pip install 'avsep[subtitles]'; or give the .16k.wav files to another one.",
        )


def load_whisper(model: str, device: str = "auto") -> Callable[[str | None], Recogniser]:
    """Whisper; loaded once for all recordings and languages.

    Args:
        model: A size as faster-whisper names it, whose weights are fetched at first use, or
            a folder with weights.
        device: "auto", "cpu", "cuda" or "cuda:N".

    Returns:
        From an ISO 639 code, or None to find the language out, it makes what hears words; it
        raises SettingError where it does not know the language.

    Raises:
        SettingError: There is no recogniser.
        ModelError: There are no such weights, or they can't be fetched.
    """
    check_recogniser()
    whisper = _load_weights(model, device)

    def choose_language(language: str | None) -> Recogniser:
        spoken = WHISPER_CODES.get(language, language) if language else None
        if spoken and spoken not in whisper.supported_languages:
            raise SettingError(
                f"the recogniser {model} does not know the language {language}",
                hint="Leave --language away to have it guessed, or give another --recogniser.",
            )
        return lambda sound: _recognise(whisper, sound, spoken)

    return choose_language


def load_recogniser(model: str, language: str | None, device: str = "auto") -> Recogniser:
    """The same for one language."""
    return load_whisper(model, device)(language)


def _load_weights(model: str, device: str) -> WhisperModel:
    from faster_whisper import WhisperModel

    try:
        kind, _, number = device.partition(":")
        place = {"device": kind, "device_index": int(number or 0)}
        try:  # weights that are there already are taken without asking the network
            return WhisperModel(model, **place, compute_type="auto", local_files_only=True)
        except (OSError, ValueError, RuntimeError):
            return WhisperModel(model, **place, compute_type="auto")
    except (OSError, ValueError, RuntimeError) as error:
        reason = (str(error).splitlines() or [""])[0]
        raise ModelError(
            f"the recogniser {model} can't be loaded: {reason}",
            hint="Give --recogniser a size (tiny, base, small, medium, large-v3), which is"
            " fetched once, or a folder with its weights.",
        ) from error


def _recognise(whisper: WhisperModel, sound: Waveform, language: str | None) -> list[Caption]:
    segments, about = whisper.transcribe(
        sound.samples[0],
        language=language,
        word_timestamps=True,
        # What was misheard once would else be heard again and again.
        condition_on_previous_text=False,
    )
    words = [
        Caption(word.start, word.end, word.word, about.language)
        for segment in segments
        for word in segment.words or ()
    ]
    return group_words(words)
