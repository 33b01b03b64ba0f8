"""Training of the band separator on a device: by the clock, or by steps.

The rate rises for the first steps and falls to nothing at the end, so a run always ends well,
however short it is. What is used, and gone on from, is the mean of the weights over the last
steps (EMA).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

from avsep.device import cast_to, choose_training_precision
from avsep.errors import DataError, SettingError
from avsep.files import replacing
from avsep.model.bands import DRAFT, BandSeparator
from avsep.model.config import BandConfig
from avsep.model.spectrum import SAMPLE_RATE
from avsep.training.companions import Companions
from avsep.training.corpus import Corpus
from avsep.training.device_mixing import Cues, Drawing, mix
from avsep.training.drafts import Drafter
from avsep.training.losses import sound_loss
from avsep.training.muon import Muon
from avsep.training.passes import hear_first, separate
from avsep.training.seeding import use_seed
from avsep.training.separator_weights import load_weights, save_separator

WARM_UP = 50  # steps
LAST_RATE = 0.01  # of the full rate, at the very end
MAY_CHANGE = {"seconds", "steps", "compiled", "check_every"}  # in a run that goes on
DECAY = 0.998  # of the mean of the weights
WEIGHTS, STATE, LOG = "separator.safetensors", "separator.state", "separator.jsonl"


@dataclass(frozen=True, slots=True)
class Plan:
    """How long, how fast and on what a separator learns.

    Attributes:
        seconds: How long; 0 if only steps count.
        steps: How many steps at most; 0 if only seconds count.
        drawings: Kinds of batches; each step takes one of them.
        cues: How well simulated lips know at first.
        weakest: And after `weaken` of the time.
        weaken: Share of the time after which cues are as weak as at last.
        lr: AdamW's rate, of biases, norms, and what touches the spectrum.
        muon_lr: Muon's rate, of the inner matrices.
        hold: Share of the time before the rates fall.
        seed: Of all that is drawn.
        again: Share of the steps in which a separator of two passes learns the second one, told
            what the first one finds.
        compiled: Whether the network is compiled: worth its minute on a GPU, a loss on a CPU.
        check_every: Seconds between looks at how well it does.
    """

    seconds: float = 0.0
    steps: int = 0
    drawings: tuple[Drawing, ...] = (Drawing(),)
    cues: Cues = Cues()  # noqa: RUF009 - it cannot change
    weakest: Cues = Cues((0.1, 0.75), (0.0, 0.5))  # noqa: RUF009
    weaken: float = 0.6
    lr: float = 1e-3
    muon_lr: float = 2e-3
    hold: float = 0.5
    seed: int = 0
    again: float = 0.75
    compiled: bool = False
    check_every: float = 120.0


class SeparatorRun:
    """A separator under way: its weights, their mean, the optimisers, the clock.

    Args:
        config: Sizes.
        plan: How it learns.
        voices: Who speaks, on the device that computes.
        noise: What sounds behind them.
        folder: Where weights, state and log are kept; a broken run goes on from there.
        drafter: Who drafts masks, for a separator that is told drafts.

    Attributes:
        companions: Runs that learn at the same time, with other seeds.
    """

    def __init__(
        self,
        config: BandConfig,
        plan: Plan,
        voices: Corpus,
        noise: Corpus,
        folder: Path,
        *,
        drafter: Drafter | None = None,
    ) -> None:
        self.config, self.plan, self.folder = config, plan, folder
        self.voices, self.noise, self.drafter = voices, noise, drafter
        self.device = voices.sound.device
        self.precision = choose_training_precision(self.device)
        with use_seed(plan.seed):
            self.network = BandSeparator(config)
        self.network.to(self.device)
        self.mean = BandSeparator(config).to(self.device).eval()
        self.mean.load_state_dict(self.network.state_dict())
        self.optimisers = make_separator_optimisers(self.network, plan)
        self.draw = torch.Generator(self.device).manual_seed(plan.seed)
        self.step, self.spent, self.heard = 0, 0.0, 0.0
        self.companions: Companions | None = None

    def begin_with(self, weights: Path) -> None:
        """Begin with weights that another run left, or with those in a checkpoint.

        Raises:
            ModelError: They are of other sizes, or no weights of a separator.
        """
        load_weights(self.network, weights)
        self.mean.load_state_dict(self.network.state_dict())

    def go(self, judge: Callable[[BandSeparator], dict[str, float]] = lambda _: {}) -> Path:
        """Train to the end of the plan.

        Args:
            judge: Scores of a network, which stand in the log; its time doesn't count.

        Returns:
            The mean weights, in half precision, the sizes inside.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        self._resume()
        if self.plan.compiled:
            for part in ("hear", "estimate"):
                setattr(
                    self.network, part, torch.compile(getattr(self.network, part), dynamic=False)
                )
        losses: list[Tensor] = []
        checked = time.monotonic()
        began = checked - self.spent
        while self.share < 1:
            losses.append(self._take_step())
            self.spent = time.monotonic() - began
            if time.monotonic() - checked > self.plan.check_every or self.share >= 1:
                loss = torch.stack(losses).mean().item()
                self._report(loss, judge(self.mean))
                losses.clear()
                checked = time.monotonic()
                began = checked - self.spent
        return self.folder / WEIGHTS

    @property
    def share(self) -> float:
        """How much of the plan is done, by whichever of clock and steps is ahead."""
        by_clock = self.spent / self.plan.seconds if self.plan.seconds else 0.0
        by_steps = self.step / self.plan.steps if self.plan.steps else 0.0
        return max(by_clock, by_steps)

    def _take_step(self) -> Tensor:
        plan = self.plan
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                group["lr"] = group["full_lr"] * find_rate(self.step, self.share, plan.hold)
        kind = self._draw_kind()
        cues = between(plan.cues, plan.weakest, min(1.0, self.share / plan.weaken))
        batch = mix(self.voices, self.noise, plan.drawings[kind], cues, self.draw)
        if self.drafter:
            batch = self.drafter.add_to(batch)
        with cast_to(self.precision, self.device):
            if self.config.passes > 1 and is_second(self.step, plan.again):
                batch = hear_first(self.network, batch)
            voices = separate(self.network, batch)
        loss = sound_loss(voices, batch.voices, batch.mixture[batch.told.scene]).mean()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        for optimiser in self.optimisers:
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        if self.companions:
            self.companions.meet(self.network)
        self._follow()
        self.step += 1
        self.heard += batch.mixture.numel() / SAMPLE_RATE
        return loss.detach()

    def _draw_kind(self) -> int:
        """Which drawing comes next; a GPU isn't waited for where there is but one."""
        kinds = len(self.plan.drawings)
        if kinds == 1:
            return 0
        return int(torch.randint(kinds, (), generator=self.draw, device=self.device))

    @torch.no_grad()
    def _follow(self) -> None:
        """Move the mean: over few steps at first, so that the beginning is soon forgotten."""
        keep = min(DECAY, (self.step + 1) / (self.step + 10))
        mean: list[Tensor] = list(self.mean.parameters())
        weights: list[Tensor] = list(self.network.parameters())
        torch._foreach_lerp_(mean, weights, 1 - keep)

    def _report(self, loss: float, scores: dict[str, float]) -> None:
        if loss != loss:  # noqa: PLR0124 - no number
            raise DataError(
                f"the separator has lost its way: no finite loss before step {self.step}",
                hint="Lower lr and muon_lr, and begin anew in another folder.",
            )
        row = {
            "minutes": round(self.spent / 60, 2),
            "step": self.step,
            "hours": round(self.heard / 3600, 3),
            "loss": round(loss, 4),
            **scores,
        }
        with (self.folder / LOG).open("a", encoding="utf-8") as log:
            log.write(json.dumps(row) + "\n")
        save_separator(self.mean, self.folder / WEIGHTS)
        self._save()

    def _save(self) -> None:
        state = {
            "bands": asdict(self.config),
            "plan": self._describe_plan(),
            "step": self.step,
            "spent": self.spent,
            "heard": self.heard,
            "network": self.network.state_dict(),
            "mean": self.mean.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "draw": self.draw.get_state(),
        }
        with replacing(self.folder / STATE, "") as partial:
            torch.save(state, partial)

    def _describe_plan(self) -> str:
        """What of the plan must stay the same while it is gone through."""
        plan = {key: value for key, value in asdict(self.plan).items() if key not in MAY_CHANGE}
        return json.dumps(plan, sort_keys=True)

    def _resume(self) -> None:
        if not (self.folder / STATE).exists():
            return
        state = torch.load(self.folder / STATE, map_location=self.device, weights_only=True)
        if state["bands"] != asdict(self.config):
            raise SettingError(
                f"{self.folder} holds a run with other sizes",
                hint="Give another --output, or the sizes it began with.",
            )
        if state.get("plan", self._describe_plan()) != self._describe_plan():
            raise SettingError(
                f"{self.folder} holds a run with another plan",
                hint="Give another --output, or the plan it began with; it may only be longer.",
            )
        self.step, self.spent, self.heard = state["step"], state["spent"], state["heard"]
        self.network.load_state_dict(state["network"])
        self.mean.load_state_dict(state["mean"])
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)
        self.draw.set_state(state["draw"].cpu())


def between(first: Cues, last: Cues, share: float) -> Cues:
    """Cues on the way from the first to the last."""

    def mean(a: tuple[float, float], b: tuple[float, float]) -> tuple[float, float]:
        return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share

    return Cues(mean(first.loudness, last.loudness), mean(first.shape, last.shape))


def is_second(step: int, share: float) -> bool:
    """Whether a step learns the second pass; nothing is drawn, so that no GPU is waited for."""
    return int((step + 1) * share) > int(step * share)


def find_rate(step: int, share: float, hold: float) -> float:
    """Factor on the rates: a short rise, a plateau, a straight fall."""
    fall = 1.0 if share < hold else max(LAST_RATE, (1 - share) / (1 - hold))
    return min(1.0, (step + 1) / WARM_UP) * fall


def make_separator_optimisers(network: BandSeparator, plan: Plan) -> list[Optimizer]:
    """Muon for the inner matrices, AdamW for all else."""
    matrices: list[nn.Parameter] = []
    others: list[nn.Parameter] = []
    for name, weight in network.named_parameters():
        outer = name.startswith(("split", "mask", *DRAFT)) or name.endswith("mix")
        (others if outer or weight.ndim == 1 else matrices).append(weight)
    optimisers: list[Optimizer] = [
        Muon(matrices, lr=plan.muon_lr, iterations=5),
        AdamW(others, lr=plan.lr, weight_decay=0.01),
    ]
    for optimiser in optimisers:
        for group in optimiser.param_groups:
            group["full_lr"] = group["lr"]
    return optimisers
