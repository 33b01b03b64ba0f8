from __future__ import annotations

from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from avsep.arrays import Image
from avsep.errors import FaceError
from avsep.faces.alignment import REFERENCE, Square, cut_out, fit_similarity
from avsep.faces.detectors import retinaface
from avsep.faces.embedding import FaceNetwork, find_face_weights, load_embedder
from avsep.faces.identity import join_shots
from avsep.faces.portraits import PORTRAIT_SIZE
from avsep.faces.tracks import Track
from avsep.media.probing import probe
from avsep.media.reading import read_frames

EXAMPLES = Path(__file__).parents[2] / "examples"
PORTRAIT = Square((56.0, 68.0), PORTRAIT_SIZE, PORTRAIT_SIZE)
# What dlib 20.0.1 says of the frame that numpy's generator 0 draws.
BY_DLIB = [-0.0651, 0.0632, 0.0427, -0.0063, -0.1204, -0.0895, -0.0386, -0.1061]


def take_portraits(name: str) -> list[Image]:
    """Left and right face in two frames of an example."""
    detect, portraits = retinaface(), []
    for image in islice(read_frames(probe(EXAMPLES / name)), 5, 300, 200):
        found = sorted(detect(image), key=lambda face: float(face.box[0]))
        matrices = fit_similarity(np.stack([face.points for face in found]), REFERENCE)
        portraits += [cut_out(image, matrix, PORTRAIT) for matrix in matrices]
    assert len(portraits) == 4
    return portraits


def test_the_network_says_what_dlib_says() -> None:
    network = FaceNetwork().eval()
    network.load_state_dict({k: v.float() for k, v in load_file(find_face_weights()).items()})
    image = np.random.default_rng(0).integers(0, 256, (150, 150, 3)).astype(np.float32)
    with torch.inference_mode():
        numbers = network(torch.from_numpy(image).permute(2, 0, 1)[None])
    np.testing.assert_allclose(numbers[0, : len(BY_DLIB)], BY_DLIB, atol=5e-4)


@pytest.mark.parametrize("name", ["debate.mp4", "same-sex.mp4"])
def test_people_are_known_again_and_not_confused(name: str) -> None:
    faces = load_embedder()(take_portraits(name))
    assert np.allclose(np.linalg.norm(faces, axis=1), 1, atol=1e-5)
    box = np.array([[0, 0, 60, 60]], np.float32)
    # Nobody meets anybody: only the faces tell.
    tracks = [Track(0, n, box, np.zeros((1, 5, 2), np.float32), n) for n in range(4)]
    assert [track.person for track in join_shots(tracks, faces=faces)] == [1, 2, 1, 2]


def test_many_faces_are_described_as_one_by_one() -> None:
    embed = load_embedder()
    noise = np.random.default_rng(0).integers(0, 256, (70, 160, 160, 3)).astype(np.uint8)
    together = embed(list(noise))
    assert together.shape == (70, 128)
    np.testing.assert_allclose(together[69:], embed([noise[69]]), atol=1e-5)


def test_a_missing_network_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("avsep.faces.embedding.find_face_weights", lambda: tmp_path / "none")
    with pytest.raises(FaceError, match="cannot be loaded"):
        load_embedder()
