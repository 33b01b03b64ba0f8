"""Where and how exactly the network computes."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch
from torch import nn

from avsep.choices import Precision
from avsep.errors import SettingError

_log = logging.getLogger(__name__)

# The last bits of the network's sums depend on how many threads divide them: always so many,
# that results are the same however many processes and cores there are.
NETWORK_THREADS = 2
DETECTOR_THREADS = 4  # more of them bring little for one frame
# Units of processors that compute with bfloat16, as torch names them: with the first two
# separation takes half as long (`benchmarks/README.md`); of the last nobody has measured it.
FAST_BF16, ARM_BF16 = ("avx512_bf16", "amx_bf16"), "bf16"


def choose_device(name: str = "auto") -> str:
    """The device torch shall use.

    Args:
        name: "auto" (the first CUDA device, or else the CPU), "cpu", "cuda" or "cuda:N".

    Raises:
        SettingError: There is no such device.
    """
    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    kind, _, number = name.partition(":")
    if name == "cpu":
        return name
    if kind != "cuda" or (number and not number.isdecimal()) or name.endswith(":"):
        raise SettingError(
            f"{name!r} is no device", hint="Choose auto, cpu, cuda, or cuda:1 for the second GPU."
        )
    if int(number or 0) >= torch.cuda.device_count():
        raise SettingError(
            f"there is no device {name}: torch sees {torch.cuda.device_count()} CUDA devices",
            hint="Take --device cpu; `avsep doctor` says what torch can use.",
        )
    return name


@contextmanager
def use_threads(count: int = NETWORK_THREADS) -> Iterator[None]:
    """Have torch use that many threads for a while: by default the same on every machine."""
    usual = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(usual)


def count_detector_threads() -> int:
    """How many processor cores the face detector may take: others have work as well."""
    return max(1, min(DETECTOR_THREADS, (os.cpu_count() or 1) // 2))


def choose_precision(name: str, device: str) -> torch.dtype | None:
    """The type the network's sums are cast to, None for full precision.

    Args:
        name: One of `avsep.choices.Precision`; "auto" is bfloat16 where that is known to be
            faster, else full.
        device: Where the network computes.
    """
    if name not in tuple(Precision):
        raise SettingError(
            f"{name!r} is no precision", hint=f"Choose from {', '.join(Precision)}."
        )
    if name == "bf16" and not has_bf16(device):
        _log.warning(
            "this %s does not compute in bf16: fp32 is faster",
            "GPU" if device.startswith("cuda") else "CPU",
        )
    if name == "bf16" or (name == "auto" and has_bf16(device, FAST_BF16)):
        return torch.bfloat16
    return None


def has_bf16(device: str, units: Sequence[str] = (*FAST_BF16, ARM_BF16)) -> bool:
    """Whether a device computes with bfloat16; a CPU without it takes ten times longer.

    An older torch knows nothing of CPUs, which are then taken to have none.

    Args:
        device: As torch names it.
        units: Of processors, as torch names them, of which one is enough.
    """
    if device.startswith("cuda"):
        return bool(torch.cuda.is_bf16_supported())
    known: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    return any(known.get(name) is True for name in units)


def choose_training_precision(device: torch.device) -> torch.dtype | None:
    """bfloat16 wherever a device computes with it: training doesn't mind the rounding."""
    return torch.bfloat16 if has_bf16(str(device)) else None


def cast_to(precision: torch.dtype | None, device: torch.device) -> AbstractContextManager[object]:
    """Compute what is cheaper so in that precision; None leaves everything as it is."""
    if precision is None:
        return nullcontext()
    return torch.autocast(device.type, precision)


def device_of(network: nn.Module) -> torch.device:
    """Where a network computes."""
    return next(network.parameters()).device
