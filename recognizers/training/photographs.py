"""The photographs that training looks at: their annotations, their split, their pixels."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from pathlib import Path

import cv2
import msgspec
import numpy as np

from recognizers.plate import ALPHABET, GrayImage, Quad
from recognizers.training.errors import TrainingDataError


class Split(Enum):
    """What a photograph is used for."""

    TRAIN = "train"
    VALIDATION = "validation"


class _Plate(msgspec.Struct):
    box: tuple[float, float, float, float]
    quad: tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]] | None = None
    text: str | None = None
    ignore: bool | None = None


class _Line(msgspec.Struct):
    file: str
    source: str
    width: int
    height: int
    plates: list[_Plate]
    split_clean: str | None = None


@dataclass(frozen=True, slots=True)
class AnnotatedPlate:
    """A plate of a photograph. Without corners, `quad` is the box's; without a text, or one of other scripts, None."""

    quad: Quad
    has_corners: bool
    text: str | None
    ignored: bool


@dataclass(frozen=True, slots=True)
class Photograph:
    """One picture of the training data; pixels are loaded by `pixels`."""

    path: Path
    source: str
    split: Split
    plates: tuple[AnnotatedPlate, ...]


# The boxes of this source stand off the plate by 5-10 %; the network is to learn tight ones.
_LOOSE_SOURCE, _LOOSE_WIDTH, _LOOSE_HEIGHT = "romania_rl", 0.93, 0.90

# Of sources without a split of their own, every so manieth photograph validates.
_VALIDATION_EVERY = 8


def load_photographs(folder: Path) -> tuple[Photograph, ...]:
    """All photographs of `annotations.jsonl` in the folder, in its order.

    Raises:
        TrainingDataError: the file is missing or a line of it is not of the expected form.
    """
    path = folder / "annotations.jsonl"
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        msg = f"{path} cannot be read ({error.strerror}); name the folder of photographs with --data"
        raise TrainingDataError(msg) from error
    photographs = []
    for number, line in enumerate(lines, start=1):
        try:
            entry = msgspec.json.decode(line, type=_Line)
        except msgspec.MsgspecError as error:
            msg = f"{path}, line {number}: {error}"
            raise TrainingDataError(msg) from error
        photographs.append(_photograph(folder, number, entry))
    return tuple(photographs)


def _photograph(folder: Path, number: int, entry: _Line) -> Photograph:
    if entry.split_clean is not None:
        split = Split.TRAIN if entry.split_clean == "train" else Split.VALIDATION
    else:
        split = Split.VALIDATION if number % _VALIDATION_EVERY == 0 else Split.TRAIN
    plates = tuple(_annotated_plate(plate, entry.source) for plate in entry.plates)
    return Photograph(folder / entry.file, entry.source, split, plates)


def _annotated_plate(plate: _Plate, source: str) -> AnnotatedPlate:
    text = plate.text if plate.text and set(plate.text) <= set(ALPHABET) else None
    if plate.quad is not None:
        return AnnotatedPlate(np.array(plate.quad, np.float32), has_corners=True, text=text, ignored=bool(plate.ignore))
    x, y, width, height = plate.box
    if source == _LOOSE_SOURCE:
        x, y = x + width * (1 - _LOOSE_WIDTH) / 2, y + height * (1 - _LOOSE_HEIGHT) / 2
        width, height = width * _LOOSE_WIDTH, height * _LOOSE_HEIGHT
    corners = np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]], np.float32)
    return AnnotatedPlate(corners, has_corners=False, text=text, ignored=bool(plate.ignore))


@lru_cache(maxsize=4096)
def pixels(path: Path, halvings: int = 0) -> GrayImage:
    """The photograph in grey, its sides halved so many times. Kept: all photographs together are some 700 MB.

    Raises:
        TrainingDataError: the file is missing or no picture.
    """
    if halvings:
        larger = pixels(path, halvings - 1)
        size = max(1, larger.shape[1] // 2), max(1, larger.shape[0] // 2)
        return np.asarray(cv2.resize(larger, size, interpolation=cv2.INTER_AREA), np.uint8)
    image = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if image is None:
        msg = f"{path} is missing or no picture; fetch the photographs again"
        raise TrainingDataError(msg)
    return np.asarray(image, np.uint8)
