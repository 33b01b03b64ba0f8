"""The training loop: stages, steps, averages of the weights, checkpoints, log."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from avsep.device import cast_to, choose_precision, use_threads
from avsep.errors import DataError
from avsep.files import replacing
from avsep.model.checkpoint import SUFFIX, load_model, save_model
from avsep.model.config import KERNEL
from avsep.model.network import SeparationNetwork
from avsep.progress import Progress
from avsep.training.batches import Lesson, Lessons, RecipeCast, check_faces, gather, serve
from avsep.training.clip_delays import find_delays
from avsep.training.clips import Delays
from avsep.training.log import Journal, draw_curves
from avsep.training.muon import Muon
from avsep.training.objectives import lips_objective, phase_objective, separation_objective
from avsep.training.recipe import PARTS, Recipe, Stage
from avsep.training.scenes import Scenes
from avsep.training.seeding import use_seed
from avsep.training.validation import validate

LOG = "log.jsonl"
STATE = ".state.pt"
WARM_UP = 30  # steps
DECAY = 0.99  # of the average of the weights
SAVE_EVERY = 180  # seconds
CHECK_EVERY = 600  # seconds
LOG_EVERY = 20  # steps


def train(recipe: Recipe, folder: Path, progress: Progress) -> Path:
    """Go through the stages of a recipe; what is finished already is kept.

    Args:
        recipe: What to do.
        folder: Run folder: log.jsonl, one checkpoint for each finished stage (a JSON file
            for a synchrony stage), the state of the one under way, curves.png.
        progress: Progress hook.

    Returns:
        The checkpoint of the last stage.
    """
    check_faces(recipe)
    folder.mkdir(parents=True, exist_ok=True)
    with use_threads(recipe.threads), use_seed(recipe.seed):
        return _go_through(recipe, folder, progress)


def _go_through(recipe: Recipe, folder: Path, progress: Progress) -> Path:
    """One stage after the other, each with what those before it have made."""
    network = SeparationNetwork(recipe.model).to(recipe.device)
    delays: Delays = {}
    done = folder
    for stage in recipe.stages:
        if stage.kind == "synchrony":
            delays = _find_delays(network, stage, recipe, folder, progress)
            continue
        done = folder / f"{stage.name}.safetensors"
        if stage.kind == "mean" and not done.exists():
            mean = average([folder / f"{name}.safetensors" for name in stage.of])
            save_model(mean, done, stage=stage.name)
        if not done.exists():
            _begin(network, stage, folder)
            run = Run(network, stage, gather(recipe, delays), recipe, folder)
            save_model(run.go(progress), done, stage=stage.name)
            run.forget()
            draw_curves(run.journal, folder / "curves.png")
        network.load_state_dict(load_model(done).state_dict())
    return done


def find_begun(recipe: Recipe, folder: Path) -> list[str]:
    """Names of the stages that are done or under way in a run folder."""
    endings = (SUFFIX, STATE, ".json")
    return [
        stage.name
        for stage in recipe.stages
        if any((folder / f"{stage.name}{ending}").exists() for ending in endings)
    ]


def average(checkpoints: Sequence[Path]) -> SeparationNetwork:
    """The network whose weights are the mean of some that grew from the same one.

    Each keeps most of what it has learnt by itself (Wortsman et al. 2022, "Model soups").
    """
    networks = [load_model(path) for path in checkpoints]
    states = [network.state_dict() for network in networks]
    mean = {
        name: torch.stack([state[name] for state in states]).to(torch.float32).mean(0).to(like)
        for name, like in states[0].items()
    }
    networks[0].load_state_dict(mean)
    return networks[0]


def _begin(network: SeparationNetwork, stage: Stage, folder: Path) -> None:
    """Load the checkpoints a stage begins with, if they aren't those of the stage before."""
    if stage.after:
        before = load_model(folder / f"{stage.after}.safetensors")
        network.load_state_dict(before.state_dict())
    for part, file in stage.start.items():
        getattr(network, part).load_state_dict(getattr(load_model(file), part).state_dict())


def _find_delays(
    network: SeparationNetwork, stage: Stage, recipe: Recipe, folder: Path, progress: Progress
) -> Delays:
    """The delays a synchrony stage finds, or has found before."""
    file = folder / f"{stage.name}.json"
    _begin(network, stage, folder)
    if not file.exists():
        sets = recipe.faces + recipe.dev_faces
        delays = find_delays(network.eval(), sets, recipe.in_step, progress)
        with replacing(file) as partial:
            partial.write_text(json.dumps(delays, indent=0) + "\n", encoding="utf-8")
    found: Delays = json.loads(file.read_text(encoding="utf-8"))
    return found


class Run:
    """One stage under way: the network, its average, the optimisers and the step."""

    def __init__(
        self,
        network: SeparationNetwork,
        stage: Stage,
        cast: RecipeCast,
        recipe: Recipe,
        folder: Path,
    ) -> None:
        self.network = network
        self.stage = stage
        self.cast = cast
        self.recipe = recipe
        self.precision = choose_precision(recipe.precision, recipe.device)
        self.lessons = Lessons(stage, cast, recipe.seed)
        self.journal = Journal(folder / LOG)
        self.state_file = folder / f"{stage.name}{STATE}"
        network.requires_grad_(False)
        learning = [part for part in PARTS[stage.kind] if part not in stage.frozen]
        self.parts = [getattr(network, part).requires_grad_(True) for part in learning]
        self.optimisers = make_optimisers(self.parts, stage)
        self.average = AveragedModel(
            network,
            multi_avg_fn=get_ema_multi_avg_fn(DECAY),  # type: ignore[no-untyped-call]
            use_buffers=True,
        )
        self.step = 0
        self.seconds = 0.0

    def go(self, progress: Progress) -> SeparationNetwork:
        """Train to the stage's last step, from the saved state if there is one.

        Returns:
            The averaged network.
        """
        self._resume()
        saved = checked = time.monotonic()
        began = saved - self.seconds
        losses: list[float] = []
        lessons = serve(self.lessons, self.step, self.recipe.workers)
        for lesson in progress(lessons, self.stage.name, self.stage.steps):
            losses.append(self._take_step(lesson))
            self.step += 1
            self.seconds = time.monotonic() - began
            if self.step % LOG_EVERY == 0:
                self._log({"loss": sum(losses) / len(losses)})
                losses.clear()
            if time.monotonic() - saved > SAVE_EVERY:
                self._save()
                saved = time.monotonic()
            if time.monotonic() - checked > CHECK_EVERY:
                self._log(validate(self.averaged, self.stage.kind, self.cast))
                checked = time.monotonic()
        self._log(validate(self.averaged, self.stage.kind, self.cast))
        return self.averaged

    def forget(self) -> None:
        """Remove what a broken run would go on from."""
        self.state_file.unlink(missing_ok=True)
        self.state_file.with_suffix(SUFFIX).unlink(missing_ok=True)

    @property
    def averaged(self) -> SeparationNetwork:
        """The running average of the network, in evaluation mode."""
        network = self.average.module
        assert isinstance(network, SeparationNetwork)
        return network.eval()

    def _take_step(self, lesson: Lesson) -> float:
        self.network.eval()  # parts that don't learn keep their statistics
        for part in self.parts:
            part.train()
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                group["lr"] = group["full_lr"] * rate(self.step, self.stage)
        faces, voices = (_to(scenes, self.recipe.device) for scenes in lesson)
        generator = torch.Generator().manual_seed(self.lessons.seed + self.step)
        with cast_to(self.precision, torch.device(self.recipe.device)):
            loss = self._loss(faces, voices, generator)
        if not loss.isfinite():
            raise DataError(
                f"stage {self.stage.name!r} has lost its way: no finite loss at step {self.step}",
                hint="Lower its lr and muon_lr, and begin it anew in another run folder.",
            )
        loss.backward()  # type: ignore[no-untyped-call]
        for part in self.parts:
            nn.utils.clip_grad_norm_(part.parameters(), 5.0)
        for optimiser in self.optimisers:
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        self.average.update_parameters(self.network)
        return loss.item()

    def _loss(
        self, faces: Scenes | None, voices: Scenes | None, generator: torch.Generator
    ) -> Tensor:
        if faces is not None and self.stage.kind == "lips":
            return lips_objective(self.network, faces)
        if faces is not None and self.stage.kind == "phase":
            return phase_objective(self.network, faces)
        return separation_objective(self.network, faces, voices, generator)

    def _log(self, values: dict[str, float]) -> None:
        self.journal.write(self.stage.name, self.step, self.seconds, values)

    def _save(self) -> None:
        state = {
            "step": self.step,
            "seconds": self.seconds,
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
        }
        with replacing(self.state_file, "") as partial:
            torch.save(state, partial)
        save_model(self.averaged, self.state_file.with_suffix(SUFFIX))

    def _resume(self) -> None:
        if not self.state_file.exists():
            self.journal.cut(self.stage.name, 0)  # of a run that was killed before it was kept
            return
        state = torch.load(self.state_file, weights_only=True, map_location=self.recipe.device)
        self.step, self.seconds = state["step"], state["seconds"]
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)
        self.journal.cut(self.stage.name, self.step)


def rate(step: int, stage: Stage) -> float:
    """Factor on the learning rates: a short rise, a plateau, a straight fall to zero."""
    rise = (step + 1) / WARM_UP
    fall = (stage.steps - step) / max(1.0, stage.cool_down * stage.steps)
    return min(rise, 1.0, fall)


def make_optimisers(parts: Iterable[nn.Module], stage: Stage) -> list[Optimizer]:
    """Muon for the inner matrices, AdamW for all that is not a matrix or touches the spectrum."""
    matrices: list[nn.Parameter] = []
    others: list[nn.Parameter] = []
    for part in parts:
        for name, weight in part.named_parameters():
            outer = name.startswith(("enter", "leave", "encoder.stem", "cue"))
            inner = weight[0].numel() > KERNEL and not outer  # no bias, norm or single filter
            (matrices if inner else others).append(weight)
    optimisers: list[Optimizer] = [
        Muon(matrices, lr=stage.muon_lr),
        AdamW(others, lr=stage.lr, betas=(0.9, 0.98), weight_decay=0.01),
    ]
    for optimiser in optimisers:
        for group in optimiser.param_groups:
            group["full_lr"] = group["lr"]
    return optimisers


def _to(scenes: Scenes | None, device: str) -> Scenes | None:
    return None if scenes is None else scenes.to(device)
