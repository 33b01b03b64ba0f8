"""One kind of files made of a separated recording, and all that is known of it.

Each product is declared in a module of its own in `avsep/outputs/catalogue/`, as `PRODUCT`. From
there come its options on the command line, its field of `avsep.options.Options`, what it takes of
the disk, which encoders it needs, what its files are called, and how they are made: a new product
is one new module there, and nothing else knows it by name.

These modules are loaded for the help already. So they import what is heavy where it is used.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, TypeAlias

CATALOGUE = "avsep.outputs.catalogue"
# Files by the name of the product that has made them.
Made: TypeAlias = Mapping[str, Sequence[Path]]


@dataclass(frozen=True, slots=True)
class Extent:
    """How large a recording is, as far as the size of products depends on it.

    Attributes:
        seconds: Length.
        sound: Bytes of its sound, in samples of 32 bits.
        source: Bytes of its file.
        pixels: Of one frame.
        people: How many have a voice.
    """

    seconds: float
    sound: float
    source: int
    pixels: int
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """An option of `avsep split` that belongs to a product.

    Attributes:
        name: With underscores: `replay_gap` is given as ``--replay-gap``.
        default: Its value if it isn't given, of its type; False for a switch.
        help: A sentence.
        panel: Under which heading of the help it stands.
        metavar: What stands for its value in the help.
        least: The smallest number that is taken.
        read: Gives a text as it is meant; raises `SettingError` if it means nothing.
    """

    name: str
    default: bool | float | str
    help: str
    panel: str = "Outputs"
    metavar: str | None = None
    least: float | None = None
    read: Callable[[str], str] | None = None


def _take_single(**given: Any) -> Any:  # noqa: ANN401 - products' settings are of any kind
    """The value of the only parameter."""
    (value,) = given.values()
    return value


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Product:
    """One kind of files that are made of a separated recording.

    `asked` is in all functions what the field of `Options` holds.

    Attributes:
        name: What it is called in `Options`, in a manifest, and on the command line.
        turn: Products are made, and stand in the help, in this order.
        make: From the `Separation`, `asked` and what earlier products have made makes files.
        parameters: Its options on the command line; none if it is made unasked.
        kind: Type of `asked`.
        default: `asked` where it isn't wanted.
        read: From the parameters' values makes `asked`.
        require: Refuses to begin where a package is missing.
        measure: About how many bytes it takes at most, working files included.
        measure_largest: About how many bytes its largest file takes, where that is larger than
            the recording's sound.
        list_encoders: Encoders of ffmpeg that it needs for a recording, a `MediaInfo`.
        name_files: What its files may be called, for a `MediaInfo` and the stems of the voices.
    """

    name: str
    turn: int
    make: Callable[[Any, Any, Made], list[Path]]
    parameters: tuple[Parameter, ...] = ()
    kind: type = bool
    default: Any = False
    read: Callable[..., Any] = _take_single
    require: Callable[[], None] = lambda: None
    measure: Callable[[Extent], float] = lambda extent: 0
    measure_largest: Callable[[Extent], float] = lambda extent: 0
    list_encoders: Callable[[Any], list[str]] = lambda info: []
    name_files: Callable[[Any, Sequence[str], Any], list[str]]

    def is_wanted(self, options: object) -> bool:
        """Whether options ask for it; what has no option of its own is always wanted."""
        return not self.parameters or bool(getattr(options, self.name))

    def get_asked(self, options: object) -> Any:  # noqa: ANN401 - of any kind
        """What options say of it."""
        return getattr(options, self.name, True)


@cache
def find_products() -> tuple[Product, ...]:
    """All products, in the order in which they are made."""
    package = import_module(CATALOGUE)
    names = [module.name for module in pkgutil.iter_modules(package.__path__)]
    modules = [import_module(f"{CATALOGUE}.{name}") for name in names]
    products: list[Product] = [module.PRODUCT for module in modules]
    return tuple(sorted(products, key=lambda product: (product.turn, product.name)))


def choose_products(options: object) -> list[Product]:
    """The products that options ask for, in the order in which they are made."""
    return [product for product in find_products() if product.is_wanted(options)]
