"""The optimiser's matrices."""

from __future__ import annotations

import pytest
import torch

from avsep.training.muon import orthogonalise


@pytest.mark.parametrize("shape", [(16, 16), (8, 40), (40, 8)])
def test_an_orthogonalised_matrix_has_singular_values_near_one(shape):
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    values = torch.linalg.svdvals(orthogonalise(matrix, 6))
    assert values.min() > 0.6
    assert values.max() < 1.3
