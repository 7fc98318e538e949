"""Runs a LiteRT model. One interpreter serves one thread; the weights are checked before they are used."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from enum import Enum
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

import msgspec
import numpy as np
from ai_edge_litert.interpreter import Interpreter as LitertInterpreter
from numpy.typing import NDArray

from recognizers.plate import WeightsError


class Model(Enum):
    """The models that ship, by their names in the manifest."""

    DETECTOR = "detector"
    READER = "reader"
    SECOND_READER = "second-reader"
    WORDS = "words"


class WeightsEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One model of manifest.toml."""

    file: str
    sha256: str
    licence: str
    data: str
    """What it was trained on."""
    score: str
    """What it reached, and on what."""
    command: str
    """What makes it again."""


def shipped_weights() -> Traversable:
    """The folder of the weights that come with the package."""
    return resources.files("recognizers").joinpath("weights")


def load_weights(model: Model, folder: Traversable | None = None) -> bytes:
    """The model file, checked against the digest in the manifest.

    Args:
        model: which one.
        folder: with manifest.toml and the files; by default the one that ships.

    Raises:
        WeightsError: the manifest or the file is missing, or the file is not the one that the manifest names.
    """
    folder = folder or shipped_weights()
    entry = _entry(model, folder)
    try:
        data = folder.joinpath(entry.file).read_bytes()
    except OSError as error:
        raise _cannot_load(model, folder, error) from error
    if hashlib.sha256(data).hexdigest() != entry.sha256:
        msg = (
            f"{entry.file} is not the file that manifest.toml names (its SHA-256 differs); install the package again, "
            f"or train and export anew: {entry.command}"
        )
        raise WeightsError(msg)
    return data


def has_weights(model: Model, folder: Traversable) -> bool:
    """Whether the folder holds this model."""
    try:
        return folder.joinpath(_entry(model, folder).file).is_file()
    except WeightsError:
        return False


def weights_version(folder: Traversable | None = None) -> str:
    """What a record says of the models that made it: the beginnings of their digests.

    Raises:
        WeightsError: the manifest is missing or damaged.
    """
    return "+".join(_entry(model, folder or shipped_weights()).sha256[:8] for model in Model)


def _entry(model: Model, folder: Traversable) -> WeightsEntry:
    try:
        manifest = msgspec.toml.decode(folder.joinpath("manifest.toml").read_bytes(), type=dict[str, WeightsEntry])
        return manifest[model.value]
    except (OSError, msgspec.MsgspecError, KeyError) as error:
        raise _cannot_load(model, folder, error) from error


def _cannot_load(model: Model, folder: Traversable, error: Exception) -> WeightsError:
    msg = f"the weights of the {model.value} cannot be loaded from {folder} ({error}); install the package again"
    return WeightsError(msg)


class Interpreter:
    """A loaded model of one input. Owned by one thread; a call takes what the last one left behind."""

    def __init__(self, weights: bytes, outputs: Sequence[tuple[int, ...]] | None = None) -> None:
        """Load the model.

        Args:
            weights: the LiteRT file.
            outputs: the shapes, without the batch, that it must have, in the order of `run`; None: any.

        Raises:
            WeightsError: the weights are no model, or one of another shape.
        """
        try:
            # One thread: calls of several workers side by side are faster than one call spread over cores.
            self._interpreter = LitertInterpreter(model_content=weights, num_threads=1)
            self._interpreter.allocate_tensors()
        except (RuntimeError, ValueError) as error:
            msg = f"the weights are no LiteRT model ({error}); install the package again"
            raise WeightsError(msg) from error
        self._input = self._interpreter.get_input_details()[0]
        self._outputs = sorted(self._interpreter.get_output_details(), key=_order)
        shapes = [tuple(int(size) for size in detail["shape"][1:]) for detail in self._outputs]
        if outputs is not None and shapes != list(outputs):
            msg = f"the weights give {shapes} where this version needs {list(outputs)}; install the package again"
            raise WeightsError(msg)

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape that `run` takes, the batch of one included."""
        return tuple(int(size) for size in self._input["shape"])

    @property
    def input_type(self) -> np.dtype[np.generic]:
        """Element type that `run` takes."""
        kind: np.dtype[np.generic] = np.dtype(self._input["dtype"])
        return kind

    def run(self, values: NDArray[np.generic]) -> list[NDArray[np.float32]]:
        """The outputs without the batch: of fewer dimensions first, then of fewer channels; copies, free to keep."""
        self._interpreter.set_tensor(self._input["index"], values)
        self._interpreter.invoke()
        return [np.asarray(self._interpreter.get_tensor(detail["index"])[0], np.float32) for detail in self._outputs]


def _order(detail: dict[str, Any]) -> tuple[int, int]:
    return len(detail["shape"]), int(detail["shape"][-1])
