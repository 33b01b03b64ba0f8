"""Turn dlib's face descriptor into the file that avsep reads.

    python tools/convert_faces.py dlib_face_recognition_resnet_model_v1.dat OUTPUT.safetensors

The file is in the public domain (github.com/davisking/dlib-models) and comes, for example, in the
source of package face-recognition-models 0.3.0. It holds dlib's own notation: whole numbers as a
byte with their length (and sign) and that many bytes; tensors as a version, four sizes and
floats. Every convolution is followed by a scaling, which is folded into it here.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from avsep.faces.embedding import NUMBERS, FaceNetwork

# Names as dlib writes them, length first, and the whole numbers between name and tensor.
LAYERS = {b"\x01\x05con_4": 0, b"\x01\x07affine_": 0, b"\x01\x04fc_2": 2}
NEGATIVE, LENGTH = 0x80, 0x0F


def read_number(data: bytes, place: int) -> tuple[int, int]:
    """A whole number, and the place after it."""
    length = data[place] & LENGTH
    size = int.from_bytes(data[place + 1 : place + 1 + length], "little")
    return -size if data[place] & NEGATIVE else size, place + 1 + length


def read_tensor(data: bytes, place: int) -> Tensor:
    """The numbers of a tensor in a row."""
    _, place = read_number(data, place)
    sizes = []
    for _ in range(4):
        size, place = read_number(data, place)
        sizes.append(size)
    return torch.from_numpy(np.frombuffer(data, "<f4", int(np.prod(sizes)), place).copy())


def read_layers(data: bytes) -> list[Tensor]:
    """All that was learnt, from the picture to the descriptor."""
    layers = []
    for found in re.finditer(b"|".join(map(re.escape, LAYERS)), data):
        place = found.end()
        for _ in range(LAYERS[found.group()]):
            _, place = read_number(data, place)
        layers.append(read_tensor(data, place))
    return layers


def convert(data: bytes) -> FaceNetwork:
    """The network with dlib's weights."""
    *layers, last = read_layers(data)
    network = FaceNetwork()
    convolutions = [part for part in network.modules() if isinstance(part, nn.Conv2d)]
    with torch.no_grad():
        pairs = zip(convolutions, layers[0::2], layers[1::2], strict=True)
        for convolution, learnt, scaling in pairs:
            factor, shift = scaling.chunk(2)
            weights, bias = learnt.split(convolution.weight.numel())
            kernels = weights.view_as(convolution.weight) * factor[:, None, None, None]
            convolution.weight.copy_(kernels)
            convolution.bias.copy_(bias * factor + shift)
        network.last.weight.copy_(last.view(-1, NUMBERS).T)
    return network


def main() -> None:
    """Read, fold, write in half precision."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path)
    parser.add_argument("output", type=Path)
    options = parser.parse_args()
    network = convert(options.source.read_bytes())
    tensors = {name: part.half().contiguous() for name, part in network.state_dict().items()}
    save_file(tensors, options.output, metadata={"format": "pt"})


if __name__ == "__main__":
    main()
