"""`avsep.toml`: read, and checked against the options that a command has."""

from __future__ import annotations

import os
import tomllib
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path, PurePath
from typing import Any, NoReturn

from avsep.cli.settings_values import read_value, show_value
from avsep.errors import SettingError

NAME = "avsep.toml"
LARGEST = 1 << 20  # bytes; more has no person written
PRESETS, RECORDINGS, PRESET, SIZE = "presets", "recordings", "preset", "bytes"
TABLES = (PRESETS, RECORDINGS)
# Options that are one for a whole run, not for a recording.
OF_THE_RUN = frozenset(
    {
        "output-dir",
        "model",
        "detector",
        "device",
        "precision",
        "passes",
        "jobs",
        "ray",
        "dry-run",
        "same-event",
        "watch",
        "json",
    }
)
# What else a folder from a stranger must not decide on: replacing results, loading weights, and
# which files of yours are read as samples of a voice.
WITHHELD = OF_THE_RUN | {"force", "recogniser", "voice"}
# Options whose texts may be a path or something else; a file that was found sets none of them.
MAYBE_PATHS = frozenset({"model", "recogniser", "voice"})
# What a file may not hold: it would choose itself.
NEVER = frozenset({"settings", "help"})

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Recording:
    """What a file says of one recording.

    Attributes:
        values: Of options by the names of their parameters.
        size: Bytes that it had when its speakers were named; None if they were not.
    """

    values: Values
    size: int | None = None


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """A checked file.

    Attributes:
        path: Where it lies.
        named: Whether the user has named it, and not just where its recordings lie.
        values: Of options by the names of their parameters, for all recordings.
        presets: The same of each preset.
        recordings: The same of each recording, by its path from the file's folder, or the end
            of its path.
    """

    path: Path
    named: bool
    values: Values = field(default_factory=dict)
    presets: Mapping[str, Values] = field(default_factory=dict)
    recordings: Mapping[str, Recording] = field(default_factory=dict)

    def find_key(self, source: Path) -> str | None:
        """Under which key a recording stands; of several the one that says most.

        In a file that was found a key is the whole path from its folder. In one that is named
        the end of a path will do, as in ``day/debate.mp4``.
        """
        parts = _split(source)
        keys = [key for key in self.recordings if _split(self.path.parent / key) == parts]
        if not keys and self.named:
            keys = [key for key in self.recordings if _ends_with(parts, PurePath(key).parts)]
        return max(keys, key=lambda key: len(PurePath(key).parts), default=None)


def _split(path: Path) -> tuple[str, ...]:
    """The parts of an absolute path, spelled as one system would spell them."""
    return PurePath(unicodedata.normalize("NFC", os.path.abspath(path))).parts  # noqa: PTH100


def _ends_with(parts: tuple[str, ...], end: tuple[str, ...]) -> bool:
    last = tuple(unicodedata.normalize("NFC", part) for part in end)
    return bool(last) and parts[-len(last) :] == last


def list_options(command: Any) -> dict[str, Any]:  # noqa: ANN401 - typer brings a click of its own
    """Parameters of a command by the long names of their options, as files call them."""
    named = {
        next((word[2:] for word in parameter.opts if word.startswith("--")), ""): parameter
        for parameter in command.params
        if parameter.param_type_name == "option"
    }
    return {key: parameter for key, parameter in named.items() if key and key not in NEVER}


def suggest(wrong: str, known: Collection[str]) -> str:
    """A hint with the nearest right name."""
    near = get_close_matches(wrong.replace("_", "-"), known, 1)
    return f"Did you mean {near[0]}?" if near else f"There are: {', '.join(sorted(known))}."


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads tables of settings, and refuses what no option is or takes.

    Attributes:
        context: Of the command.
        options: Its parameters by their keys.
        path: The file, as mistakes name it.
        named: Whether the user has named the file.
    """

    context: Any
    options: Mapping[str, Any]
    path: Path
    named: bool

    def read_file(self) -> SettingsFile:
        """All that the file says.

        Raises:
            SettingError: It can't be read, or holds a mistake.
        """
        whole = self._load()
        tables = {name: self._take_tables(whole.pop(name, {}), name) for name in TABLES}
        presets = {
            name: self.read_table(table, f"preset {name}", without={PRESET})
            for name, table in tables[PRESETS].items()
        }
        recordings = {
            key: self._read_recording(key, table) for key, table in tables[RECORDINGS].items()
        }
        values = self.read_table(whole, extra=TABLES)
        return SettingsFile(self.path, self.named, values, presets, recordings)

    def read_table(
        self,
        table: Mapping[str, Any],
        where: str = "",
        *,
        without: Collection[str] = (),
        extra: Collection[str] = (),
    ) -> Values:
        """Values by the names of their parameters.

        Args:
            table: Of the file.
            where: What it is called.
            without: Keys that may not stand in it.
            extra: Names that stand beside the options, for a hint.
        """
        said = f"{self.path}: {where}: " if where else f"{self.path}: "
        values = {}
        for key, value in table.items():
            if key not in self.options:
                hint = suggest(key, {*self.options, *extra} - {*without})
                raise SettingError(f"{said}there is no option {key!r}", hint=hint)
            if key in without:
                self._refuse_place(said, key)
            if key in WITHHELD and not self.named:
                self._refuse_key(said, key)
            parameter = self.options[key]
            read = read_value(parameter, self.context, key, value, where=said)
            values[parameter.name] = self._place(said, key, read)
        return values

    def _load(self) -> dict[str, Any]:
        try:
            if not self.path.is_file():
                raise SettingError(f"there is no file {self.path}", hint="Check --settings.")
            if self.path.stat().st_size > LARGEST:
                raise SettingError(f"{self.path} is too large for settings", hint="Shorten it.")
            return tomllib.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise SettingError(
                f"{self.path} cannot be read: {error}",
                hint="It holds lines like video = true, in TOML (https://toml.io).",
            ) from error

    def _take_tables(self, found: object, name: str) -> dict[str, dict[str, Any]]:
        if not isinstance(found, dict) or not all(isinstance(x, dict) for x in found.values()):
            example = "[presets.NAME]" if name == PRESETS else '[recordings."debate.mp4"]'
            raise SettingError(f"{self.path}: {name} holds no tables", hint=f"Write {example}.")
        return found

    def _read_recording(self, key: str, table: dict[str, Any]) -> Recording:
        where = f'recordings."{key}"'
        rest = {name: value for name, value in table.items() if name != SIZE}
        values = self.read_table(rest, where, without=OF_THE_RUN, extra={SIZE})
        size = table.get(SIZE)
        if size is not None and (not isinstance(size, int) or isinstance(size, bool)):
            raise SettingError(
                f"{self.path}: {where}: {SIZE} = {size!r} is no number", hint="Leave it away."
            )
        return Recording(values, size)

    def _refuse_place(self, said: str, key: str) -> NoReturn:
        hint = f"Write {key} at the top of the file that --settings names, or give --{key}."
        raise SettingError(f"{said}{key} cannot be set there", hint=hint)

    def _refuse_key(self, said: str, key: str) -> NoReturn:
        raise SettingError(
            f"{said}{key} may not be set by a file that lies beside recordings",
            hint=f"Is the file yours? Then name it: --settings {self.path}; --settings none goes"
            " without it.",
        )

    def _place(self, said: str, key: str, value: Any) -> Any:  # noqa: ANN401 - of any kind
        """Paths are meant from the file's folder; one that was found leads nowhere else."""
        if isinstance(value, (list, tuple)):
            return type(value)(self._place(said, key, item) for item in value)
        if key in MAYBE_PATHS and isinstance(value, str):
            return self._place_text(value)
        if not isinstance(value, Path):
            return value
        folder = self.path.parent
        if not self.named and not (folder / value).resolve().is_relative_to(folder.resolve()):
            raise SettingError(
                f"{said}{key} = {show_value(str(value))} lies in another folder",
                hint=f"Is the file yours? Then name it: --settings {self.path}.",
            )
        return folder / value

    def _place_text(self, value: str) -> str:
        """What names a file beside this one, as in "base.safetensors" or "CHAIR=chair.wav"."""
        head, equals, name = value.rpartition("=")
        is_path = Path(name).suffix or Path(name).parent != Path()
        placed = self.path.parent / name
        return f"{head}{equals}{placed}" if is_path and placed.exists() else value
