"""The networks of a separator: chosen at once, each loaded when it is first needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from avsep.device import choose_device, choose_precision, count_detector_threads
from avsep.errors import SettingError
from avsep.faces.crops import mouth_size
from avsep.faces.detectors import FaceDetector, load_detector, name_detector
from avsep.faces.embedding import load_embedder
from avsep.faces.identity import Embedder
from avsep.media.probing import MediaInfo
from avsep.model.checkpoint import find_weights, load_model, name_weights
from avsep.model.network import SeparationNetwork
from avsep.options import Options
from avsep.separation.enhance import Engine
from avsep.speech.captions import Recogniser
from avsep.speech.samples import read_samples
from avsep.speech.whisper import load_whisper


class Kit:
    """What people are found and voices are separated with.

    Whether there are such weights and such a device shows at once; what is heavy is loaded when
    it is first needed. Each attribute may be set to another of its kind.

    Attributes:
        weights: The checkpoint.
        device: Where networks compute, as torch names it.
        precision: What sums of networks are cast to; None for full precision.
        network: That separates, in evaluation mode.
        detect: Finds faces.
        embed: Tells by which face a person is known again after a cut; None for seats alone.
        load_recogniser: From the name of its weights and a language makes what hears words.
    """

    def __init__(
        self,
        model: str | Path = "base",
        device: str = "auto",
        *,
        detector: str = "auto",
        precision: str = "auto",
        passes: int | None = None,
        threads: int | None = None,
    ) -> None:
        """Choose what to work with.

        Args:
            model: Bundled weights ("base"), or a checkpoint file.
            device: "auto", "cpu", "cuda" or "cuda:N".
            detector: One of `avsep.choices.Detector`.
            precision: One of `avsep.choices.Precision`.
            passes: How often the network separates; None for as often as it learnt to.
            threads: That look for faces; None for as many as do some good.

        Raises:
            ModelError: There are no such weights.
            SettingError: The device isn't there, nobody knows the precision, or nothing would be
                separated.
        """
        self.weights = find_weights(model)
        self.device = choose_device(device)
        self.precision = choose_precision(precision, self.device)
        if passes is not None and passes < 1:
            raise SettingError(f"{passes} passes separate nothing", hint="Take 1 or 2.")
        self._passes = passes
        self._detector, self._threads = detector, threads or count_detector_threads()
        self._ready: tuple[SeparationNetwork, SeparationNetwork] | None = None
        self._recognisers: dict[str, Callable[[str | None], Recogniser]] = {}

    @cached_property
    def network(self) -> SeparationNetwork:
        """The network that separates."""
        network = load_model(self.weights, self.device)
        if self._passes:
            network.choose_passes(self._passes)
        return network

    @cached_property
    def detect(self) -> FaceDetector:
        """What finds faces."""
        return load_detector(self._detector, self.device, self._threads)

    @cached_property
    def embed(self) -> Embedder | None:
        """What describes faces."""
        return load_embedder(self.device, self.precision)

    @property
    def tools(self) -> dict[str, Any]:
        """What shapes a result, as manifests name it."""
        return name_tools(self.weights, self._passes, self._detector)

    @property
    def mouth_size(self) -> int:
        """Side of the mouth frames that the network needs, pixels."""
        return mouth_size(self.network)

    @property
    def engine(self) -> Engine:
        """The network, computing as exactly as it shall."""
        if self._ready is None or self._ready[0] is not self.network:
            self._ready = self.network, self.network.compute_in(self.precision)
        return Engine(self._ready[1])

    def open_engine(self, recording: MediaInfo, options: Options) -> Engine:
        """The same with the samples of voices that are wanted of a recording."""
        samples = read_samples(options.voices or {}, recording)
        return replace(self.engine, samples=tuple(samples))

    def load_recogniser(self, weights: str, language: str | None) -> Recogniser:
        """What hears words of a language; its weights are loaded once."""
        if weights not in self._recognisers:
            self._recognisers = {weights: load_whisper(weights, self.device)}
        return self._recognisers[weights](language)

    def open_recogniser(self, options: Options) -> Recogniser | None:
        """What hears words, if that is wanted."""
        if options.subtitles is None:
            return None
        return self.load_recogniser(options.subtitles.recogniser, options.language)


def name_tools(weights: Path, passes: int | None, detector: str) -> dict[str, Any]:
    """What shapes a result beside its options, as manifests name it.

    Args:
        weights: The checkpoint.
        passes: How often the network separates; None for as often as it learnt to.
        detector: One of `avsep.choices.Detector`.

    Raises:
        ModelError: It is no checkpoint of ours.
        SettingError: There is no such detector.
    """
    return {"weights": name_weights(weights, passes), "detector": name_detector(detector)}
