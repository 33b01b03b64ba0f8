"""The network of "The Conversation: Deep Audio-Visual Speech Enhancement" (arXiv 1804.04121)."""

from __future__ import annotations

from avsep.model.checkpoint import find_weights, load_model, save_model
from avsep.model.config import BASE, FULL, SIZES, ModelConfig
from avsep.model.network import SpeechSeparator

__all__ = [
    "BASE",
    "FULL",
    "SIZES",
    "ModelConfig",
    "SpeechSeparator",
    "find_weights",
    "load_model",
    "save_model",
]
