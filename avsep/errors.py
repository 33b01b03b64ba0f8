"""What can go wrong for a reason the user can do something about.

Everything else is a bug and keeps its traceback. The tree:

    AvsepError
    ├── MediaError      a recording cannot be read, or ffmpeg is missing
    ├── FaceError       faces cannot be searched, or none can be used
    ├── ModelError      weights are missing, damaged or do not fit
    ├── OutputError     a result cannot be written
    │   ├── EncodingError      ffmpeg did not write a file
    │   └── IncompleteError    it is there, but lacks a product, or lies elsewhere
    ├── WorkError       who worked on a recording died, or ran out of memory
    ├── DataError       a training or test set is not as it must be
    └── SettingError    an option or a configuration file says something impossible
"""

from __future__ import annotations

from collections.abc import Sequence

TERMINATED = 143  # exit status of what SIGTERM has ended, as shells count it


class AvsepError(Exception):
    """An expected failure: what happened, where, and what helps.

    Attributes:
        message: One sentence naming the thing that failed, without a full stop.
        hint: What to do about it, or nothing.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        """Keep both parts for the reader; only the message becomes the exception's text."""
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        """Return the message alone, since the hint is shown on a line of its own."""
        return self.message


class MediaError(AvsepError):
    """A recording cannot be read, or the programs that read it are missing."""


class FaceError(AvsepError):
    """Faces cannot be searched, or none of those found can be used."""


class ModelError(AvsepError):
    """Weights are missing, damaged, or made for another network."""


class OutputError(AvsepError):
    """A result cannot be written where it was asked for."""


class EncodingError(OutputError):
    """A file cannot be written by ffmpeg, as where a container doesn't take what is put into it.

    Attributes:
        reason: What ffmpeg has said.
    """

    def __init__(self, message: str, hint: str = "", reason: str = "") -> None:
        """Keep the reason beside both parts."""
        super().__init__(message, hint)
        self.reason = reason


class IncompleteError(OutputError):
    """A result is there, but lacks something that was wanted, or could not take its place.

    Attributes:
        result: What is there (`avsep.Result`).
    """

    def __init__(self, message: str, hint: str = "", result: object = None) -> None:
        """Keep the result beside both parts."""
        super().__init__(message, hint)
        self.result = result


class WorkError(AvsepError):
    """The process or machine that worked on a recording died, or ran out of memory."""


class DataError(AvsepError):
    """A training or test set is empty, incomplete or inconsistent."""


class SettingError(AvsepError):
    """An option or a configuration file asks for something impossible."""


def check_choice(what: str, given: Sequence[str], known: Sequence[str]) -> None:
    """Refuse what isn't known, or nothing at all.

    Raises:
        SettingError: What is given isn't among what is known.
    """
    wrong = [given] if isinstance(given, str) or not given else set(given) - set(known)
    for name in wrong:
        raise SettingError(
            f"{what}: {name!r} is not what it can be", hint=f"Choose from {', '.join(known)}."
        )
