"""The few numbers that stand for what a lip reader says."""

from __future__ import annotations

import numpy as np

from avsep.training.packing import find_components


def test_components_are_uncorrelated_and_of_variance_one():
    rng = np.random.default_rng(0)
    features = (rng.normal(size=(2000, 3)) @ rng.normal(size=(3, 12)) + 5).astype(np.float32)
    weight, bias = find_components(features, 3)
    components = features @ weight.T + bias
    np.testing.assert_allclose(np.cov(components.T), np.eye(3), atol=0.01)
    np.testing.assert_allclose(components.mean(0), 0, atol=0.01)
