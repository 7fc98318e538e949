"""Puts an exported model among the weights that ship, with an entry in their manifest."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

from recognizers.confidence import CALIBRATION_FILE, Calibration
from recognizers.interpreter import Model, WeightsEntry
from recognizers.training.errors import TrainingDataError


def publish(model: bytes, entry_of: Model, folder: Path, *, data: str, score: str, command: str) -> WeightsEntry:
    """Write the model and its manifest entry; the other entries stay.

    Args:
        model: the LiteRT file.
        entry_of: which model it is.
        folder: of the weights; made if it is missing.
        data: what it was trained on, in a sentence.
        score: what it reached, and on what, in a sentence.
        command: what makes it again.

    Raises:
        TrainingDataError: the folder has a manifest that cannot be read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    manifest = folder / "manifest.toml"
    try:
        entries = msgspec.toml.decode(manifest.read_bytes(), type=dict[str, WeightsEntry]) if manifest.is_file() else {}
    except msgspec.MsgspecError as error:
        msg = f"{manifest} cannot be read ({error}); restore it or remove it"
        raise TrainingDataError(msg) from error
    entry = WeightsEntry(
        file=f"plate_{entry_of.value}.tflite",
        sha256=hashlib.sha256(model).hexdigest(),
        licence="Apache-2.0",
        data=data,
        score=score,
        command=command,
    )
    (folder / entry.file).write_bytes(model)
    manifest.write_text(_to_toml({**entries, entry_of.value: entry}), encoding="utf-8")
    return entry


def replace_calibration(folder: Path, **figures: float) -> Calibration:
    """Write these figures of the calibration that belongs to the weights; the others stay.

    Raises:
        TrainingDataError: the folder has a calibration that cannot be read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / CALIBRATION_FILE
    try:
        before = msgspec.toml.decode(file.read_bytes(), type=Calibration) if file.is_file() else Calibration()
    except msgspec.MsgspecError as error:
        msg = f"{file} cannot be read ({error}); restore it or remove it"
        raise TrainingDataError(msg) from error
    after = msgspec.structs.replace(before, **figures)
    lines = [f"{key} = {value:.4f}\n" for key, value in msgspec.to_builtins(after).items()]
    file.write_text("".join(lines), encoding="utf-8")
    return after


def _to_toml(entries: dict[str, WeightsEntry]) -> str:
    blocks = []
    for name, entry in sorted(entries.items()):
        values = msgspec.to_builtins(entry)
        # A JSON string is a TOML string too.
        lines = "\n".join(f"{key} = {msgspec.json.encode(value).decode()}" for key, value in values.items())
        blocks.append(f"[{name}]\n{lines}\n")
    return "\n".join(blocks)
