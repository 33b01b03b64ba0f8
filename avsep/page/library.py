"""The folders with recordings, and where results go: no path leads out of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from avsep.errors import MediaError, OutputError
from avsep.files import is_text, tell_state
from avsep.media.probing import VIDEO_SUFFIXES
from avsep.outputs.manifest import read_manifest

VOICES = "voices"  # where results go, in the folder of the recordings, if nobody says


@dataclass(frozen=True, slots=True)
class Root:
    """A folder with recordings at any depth, and one for their results.

    Attributes:
        label: With what the names of its recordings begin, where there are several folders.
        folder: Where they lie.
        output: Where results go.
    """

    label: str
    folder: Path
    output: Path


@dataclass(frozen=True, slots=True)
class Recording:
    """A video.

    Attributes:
        name: Of the file, as the library finds it.
        bytes: Its size.
        modified: When it was changed last, seconds of the epoch.
    """

    name: str
    bytes: int
    modified: float


@dataclass(frozen=True, slots=True)
class Shelf:
    """What lies in one folder.

    Attributes:
        name: Of the folder, as the library finds it; empty for the topmost.
        trail: Names of the folders above it, the topmost first.
        folders: Names of those in it.
        recordings: The videos in it.
    """

    name: str
    trail: tuple[str, ...]
    folders: tuple[str, ...]
    recordings: tuple[Recording, ...]


@dataclass(frozen=True, slots=True)
class Library:
    """Folders with recordings.

    A recording, or a folder of them, goes by the path from its root, with slashes; where there
    are several roots, the label of its own stands in front.

    Attributes:
        roots: The folders, one or more.
    """

    roots: tuple[Root, ...]

    @classmethod
    def of(cls, folders: Sequence[Path], output: Path | None = None) -> Library:
        """A library of some folders.

        Args:
            folders: Each is there, and has its whole path.
            output: Where results go; by default into each folder.
        """
        folders = list(dict.fromkeys(folders))
        if len(folders) == 1:
            return cls((Root("", folders[0], output or folders[0] / VOICES),))
        labels = _label(folders)
        return cls(
            tuple(
                Root(label, folder, output / label if output else folder / VOICES)
                for label, folder in zip(labels, folders, strict=True)
            )
        )

    def locate(self, name: str) -> tuple[Root, str]:
        """In which folder something lies, and its path from there.

        Raises:
            MediaError: There is no such folder.
        """
        if len(self.roots) == 1:
            return self.roots[0], name
        label, _, rest = name.partition("/")
        for root in self.roots:
            if root.label == label:
                return root, rest
        raise MediaError(f"there is no folder {name!r}", hint="Begin at the top again.")

    def call(self, root: Root, path: str) -> str:
        """By what name something goes that has this path from its root."""
        return "/".join(filter(None, (root.label, path)))

    def find(self, name: str) -> Path:
        """The file of a recording.

        Raises:
            MediaError: There is none of this name.
        """
        root, rest = self.locate(name)
        path = find_below(root.folder, rest)
        if path is None:
            raise MediaError(
                f"there is no recording {name!r}", hint="It may have been moved: look again."
            )
        return path

    def find_folder(self, name: str) -> tuple[Root, Path]:
        """A folder, and in which root it lies.

        Raises:
            MediaError: There is none of this name.
        """
        root, rest = self.locate(name)
        path = resolve_below(root.folder, rest)
        if path is None or not _may_say_is_folder(path):
            raise MediaError(f"there is no folder {name!r}", hint="Begin at the top again.")
        return root, path

    def choose_output(self, name: str) -> Path:
        """Where the result of a recording gets its folder."""
        root, rest = self.locate(name)
        return root.output.joinpath(*PurePosixPath(rest).parts[:-1])

    def browse(self, name: str = "") -> Shelf:
        """What lies in a folder: videos, and folders which aren't results.

        Raises:
            MediaError: There is no such folder.
        """
        if not name and len(self.roots) > 1:
            return Shelf("", (), tuple(root.label for root in self.roots), ())
        root, folder = self.find_folder(name)
        rest = self.locate(name)[1]
        parts = PurePosixPath(rest).parts
        trail = [self.call(root, "/".join(parts[:count])) for count in range(len(parts))]
        if len(self.roots) > 1:
            trail = ["", *trail]
        inside = "/".join(parts)
        entries = list(_list_entries(folder, root))
        folders = [self.call(root, _join(inside, path.name)) for path in entries if path.is_dir()]
        videos = [p for p in entries if p.suffix.lower() in VIDEO_SUFFIXES and p.is_file()]
        recordings = [
            _describe(path, self.call(root, _join(inside, path.name))) for path in videos
        ]
        return Shelf(name, tuple(trail), tuple(folders), tuple(filter(None, recordings)))


def find_below(folder: Path, name: str) -> Path | None:
    """A file below a folder, links followed; None if there is none or it would lie elsewhere."""
    path = resolve_below(folder, name)
    try:
        return path if path is not None and path.is_file() else None
    except OSError:
        return None


def resolve_below(folder: Path, name: str) -> Path | None:
    """What a name below a folder leads to, links followed; None if that would lie elsewhere."""
    if ".." in PurePosixPath(name).parts:
        return None
    try:
        path, top = (folder / name).resolve(), folder.resolve()
    except (OSError, ValueError, RuntimeError):  # too long, with a zero byte, links in a ring
        return None
    return path if path.is_relative_to(top) else None


def stamp(recording: Path) -> str:
    """What changes when another recording takes the place of this one.

    Raises:
        MediaError: It is gone.
    """
    try:
        size, changed = tell_state(recording)
    except OSError as error:
        raise MediaError(f"{recording.name} is gone", hint="Look again what is there.") from error
    return f"{changed}-{size}"


def check_stamp(recording: Path, had: str) -> None:
    """Refuse to name people whose faces were found in what lay there before.

    Args:
        recording: The file.
        had: Its stamp when they were found; empty if they weren't looked for.

    Raises:
        MediaError: It has changed since.
    """
    if had and stamp(recording) != had:
        raise MediaError(
            f"{recording.name} has changed since its faces were found",
            hint="Look for faces again.",
        )


def check_folder(folder: Path) -> Path:
    """The folder, made sure of.

    Raises:
        OutputError: It is none, or nothing can be written there.
    """
    if not folder.is_dir():
        raise OutputError(f"there is no folder {folder}", hint="Name the one with your videos.")
    return folder.resolve()


def _list_entries(folder: Path, root: Root) -> Iterator[Path]:
    """What may be shown of a folder, by name: nothing hidden, no results, nothing from elsewhere.

    What vanishes meanwhile, or whose name no browser can be told, is passed by.
    """
    output = root.output.resolve()
    try:
        paths = sorted(folder.iterdir())
    except OSError as error:
        raise MediaError(
            f"{folder.name} can't be opened: {error.strerror}", hint="Choose another folder."
        ) from error
    for path in paths:
        if path.name.startswith(".") or not is_text(path):
            continue
        with suppress(OSError):
            path.stat()
            place = resolve_below(root.folder, str(path))
            if place is not None and place != output and read_manifest(path) is None:
                yield path


def _describe(path: Path, name: str) -> Recording | None:
    """A recording; None of one that has just vanished."""
    try:
        state = path.stat()
    except OSError:
        return None
    return Recording(name, state.st_size, state.st_mtime)


def _may_say_is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _label(folders: Sequence[Path]) -> list[str]:
    """The folders' names, of which no two are alike."""
    labels: list[str] = []
    for folder in folders:
        name, number = folder.name or "disk", 1
        while (label := name if number == 1 else f"{name} ({number})").casefold() in {
            other.casefold() for other in labels
        }:
            number += 1
        labels.append(label)
    return labels
