"""What is in force for a recording, and whence: the command line, files, presets, defaults."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any

import typer

from avsep.batch.jobs import Task
from avsep.cli.settings_file import (
    OF_THE_RUN,
    PRESET,
    Reader,
    SettingsFile,
    Values,
    list_options,
    suggest,
)
from avsep.cli.settings_places import SettingsFiles
from avsep.cli.wanted import read_options
from avsep.errors import SettingError
from avsep.names import EVERYBODY, find_given, read_names, read_speakers, write_names
from avsep.options import Options

_log = logging.getLogger(__name__)

# Parameters that say which parts are wanted.
RANGES = frozenset({"from_", "to", "range_", "preview"})
COMMAND_LINE, DEFAULT = "command line", "default"
BUILT_IN: Mapping[str, Mapping[str, Any]] = {
    "subtitles": {"subtitles": "srt,vtt", "report": True},
    "edit": {
        "format": "wav",
        "sample-format": "24",
        "mkv": True,
        "labels": True,
        "timeline": True,
    },
}


@dataclass(frozen=True, slots=True)
class Setting:
    """What one option is.

    Attributes:
        value: As the command takes it.
        whence: Who says so.
    """

    value: Any
    whence: str


@dataclass(frozen=True, slots=True)
class _Layer:
    """Values by the names of their parameters, and whence they are."""

    whence: str
    values: Values


class Settings:
    """What is in force in a run.

    Args:
        context: Of the command whose options are meant.
        given: Values from the command line by the names of their parameters.
        inputs: What the run was told to work on: in folders among it a file holds for all that
            lies below, unless there is one nearer.
    """

    def __init__(self, context: Any, given: Values, inputs: Sequence[Path] = ()) -> None:  # noqa: ANN401
        self._context = context
        self._given = given
        self.options = list_options(context.command)
        self.files = SettingsFiles(context, self.options, given.get("settings") or "", inputs)

    @classmethod
    def of(cls, context: Any, inputs: Sequence[Path]) -> Settings:  # noqa: ANN401
        """Of a command that is being run."""
        return cls(context, _take_given(context), inputs)

    def choose(self, source: Path | None) -> dict[str, Setting]:
        """What is in force for a recording, or with None for the run, by parameters' names."""
        stack = [*self._stack(source), _Layer(DEFAULT, self._defaults)]
        layers = [replace(each, values=_settle_ranges(each, stack)) for each in stack]
        chosen = {}
        for name in self._defaults:
            layer = next(layer for layer in layers if name in layer.values)
            chosen[name] = Setting(layer.values[name], layer.whence)
        has_ranges = any(chosen[key].value for key in RANGES if key in chosen)
        # Speakers are counted anew in ranges: names from elsewhere would be others'.
        names = _merge_names(layers[:1] if has_ranges else layers)
        if read_names(names) != read_names(_merge_names(layers)):
            _log.warning(
                "speakers are counted anew in ranges: names that %s gives them in the whole"
                " recording are left",
                chosen["names"].whence,
            )
        chosen["names"] = replace(chosen["names"], value=names)
        if has_ranges and "divide" not in layers[0].values:
            chosen["divide"] = Setting(self._defaults["divide"], DEFAULT)  # it names numbers, too
        return chosen

    def choose_values(self, source: Path | None) -> dict[str, Any]:
        """The same without whence."""
        return {name: setting.value for name, setting in self.choose(source).items()}

    def assign(self, tasks: Sequence[Task]) -> list[Task]:
        """Each recording with what is wanted of it.

        Raises:
            SettingError: A file holds a mistake, or speaks of two recordings at once.
        """
        known: dict[tuple[Path | None, str | None], Options] = {}
        assigned, owners = [], dict[tuple[Path, str], Path]()
        for task in tasks:
            file = self.files.find(task.source)
            key = file.find_key(task.source) if file else None
            if file and key:
                _refuse_two(file, key, owners.setdefault((file.path, key), task.source), task)
                _warn_of_change(file, key, task.source)
            place = (file.path if file else None, key)
            if place not in known:
                known[place] = _read_options(file, self.choose_values(task.source))
            assigned.append(replace(task, options=known[place]))
        self._warn_of_strangers([task.source for task in tasks], {key for _, key in owners})
        return assigned

    def find_names(self, source: Path) -> dict[int, str]:
        """Names of a recording's speakers by number."""
        file = self.files.find(source)
        if file and (key := file.find_key(source)):
            _warn_of_change(file, key, source)
        return read_names(self.choose(source)["names"].value)

    @property
    def given_names(self) -> dict[int, str]:
        """Names of speakers that stand on the command line, and hold for the next run, too.

        Where people are divided there, a run that doesn't divide them numbers others so.
        """
        if self._given.get("divide"):
            return {}
        wanted = read_speakers(self._given.get("speakers", EVERYBODY)) or {}
        return read_names(self._given.get("names", "")) | find_given(wanted)

    @cached_property
    def _defaults(self) -> Values:
        return {
            option.name: option.process_value(self._context, option.get_default(self._context))
            for option in self.options.values()
        }

    def _stack(self, source: Path | None) -> list[_Layer]:
        """What comes before the defaults, the strongest first."""
        file = self.files.named if source is None else self.files.find(source)
        line = _Layer(COMMAND_LINE, self._given)
        if file is None:
            return [line, *self._find_preset([line], None)]
        layers = [line]
        if source is not None and (key := file.find_key(source)):
            said = f'recordings."{key}" in {file.path}'
            layers.append(_Layer(said, file.recordings[key].values))
        whole = _Layer(str(file.path), file.values)
        return [*layers, *self._find_preset([*layers, whole], file), whole]

    def _find_preset(self, layers: Sequence[_Layer], file: SettingsFile | None) -> list[_Layer]:
        """The preset that the strongest of some layers names, as one layer or none."""
        asking = next((layer for layer in layers if layer.values.get(PRESET)), None)
        if asking is None:
            return []
        name = asking.values[PRESET]
        own = file.presets if file else {}
        if file is None and asking.whence == COMMAND_LINE and name not in BUILT_IN:
            return []  # of a file beside recordings, which says nothing of the run
        if name in own and file:
            preset = _Layer(f"preset {name} in {file.path}", own[name])
        elif name in BUILT_IN:
            reader = Reader(self._context, self.options, Path("avsep"), named=True)
            preset = _Layer(f"preset {name} (built in)", reader.read_table(BUILT_IN[name]))
        else:
            where = f"{asking.whence}: " if asking.whence != COMMAND_LINE else ""
            hint = suggest(name, {*own, *BUILT_IN})
            raise SettingError(f"{where}there is no preset {name!r}", hint=hint)
        if asking.whence.startswith("recordings."):
            self._refuse_of_the_run(asking, preset)
        return [preset]

    def _refuse_of_the_run(self, asking: _Layer, preset: _Layer) -> None:
        """A preset of one recording can't decide on what is one for all."""
        for key in sorted(OF_THE_RUN & self.options.keys()):
            if self.options[key].name in preset.values:
                raise SettingError(
                    f"{asking.whence}: {preset.whence} sets {key}, which is one for all"
                    " recordings",
                    hint="Give --preset, or name it at the top of the file.",
                )

    def _warn_of_strangers(self, sources: Sequence[Path], used: set[str]) -> None:
        """A key that is nearly the name of a recording without one is a slip of the pen."""
        for file in self.files.opened:
            bare = [path.name for path in sources if not file.find_key(path)]
            for key in file.recordings.keys() - used:
                if (file.path.parent / key).exists():
                    continue
                if near := get_close_matches(Path(key).name, bare, 1):
                    told = '%s: there is no recording "%s"; did you mean %s?'
                    _log.warning(told, file.path, key, near[0])


def _take_given(context: Any) -> dict[str, Any]:  # noqa: ANN401
    """What the user has said on the command line."""
    return {
        name: value
        for name, value in context.params.items()
        if context.get_parameter_source(name).name not in {"DEFAULT", "DEFAULT_MAP"}
    }


def _settle_ranges(layer: _Layer, stack: Sequence[_Layer]) -> Values:
    """What a layer says, without the parts of a recording if a stronger one names some."""
    stronger = stack[: stack.index(layer)]
    if layer.whence != DEFAULT and any(RANGES & each.values.keys() for each in stronger):
        return {name: value for name, value in layer.values.items() if name not in RANGES}
    return layer.values


def _merge_names(layers: Sequence[_Layer]) -> str:
    """Names of speakers from all layers: of each number that of the strongest."""
    merged: dict[int, str] = {}
    for layer in reversed(layers):
        merged |= read_names(layer.values.get("names", ""))
    return write_names(merged)


def _refuse_two(file: SettingsFile, key: str, first: Path, task: Task) -> None:
    if first != task.source:
        raise SettingError(
            f'{file.path}: recordings."{key}" speaks of {first} and of {task.source}',
            hint="Write more of the path, like day/debate.mp4.",
        )


def _warn_of_change(file: SettingsFile, key: str, source: Path) -> None:
    """Numbers of speakers are those of the recording that was there when they were named."""
    size = file.recordings[key].size
    if size is not None and source.is_file() and source.stat().st_size != size:
        told = "%s has changed since its speakers were named in %s: see whether they are right"
        _log.warning(told, source, file.path)


def _read_options(file: SettingsFile | None, values: Values) -> Options:
    """What values ask for; of those in a file, what contradicts itself is a mistake there."""
    try:
        return read_options(values)
    except typer.BadParameter as error:
        if file is None:
            raise
        raise SettingError(f"{file.path}: {error.message}", hint="Change one of both.") from error
