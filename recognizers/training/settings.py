"""What a training run is asked to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path


class Start(Enum):
    """Where a run begins."""

    FRESH = "fresh"
    RESUME = "resume"
    """At the last checkpoint of the same folder; the learning rate follows the schedule of the `steps` given now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSettings:
    """One run. The defaults are those of the weights that ship."""

    data: Path
    """Folder of photographs with `annotations.jsonl`."""
    out: Path
    """Folder for checkpoints, the log and the exported model."""
    steps: int
    """Batches to train on in all."""
    batch: int
    seed: int = 1
    threads: int = 1
    start: Start = Start.RESUME
    peak_rate: float = 2e-3
    """Learning rate after the warm-up; it falls to 0 along a cosine."""


def detector_settings(data: Path, out: Path, *, steps: int = 7000, seed: int = 1, threads: int = 1) -> TrainingSettings:
    """Settings of a detector run: 16 windows a step, some 6 minutes a thousand steps on two quiet cores."""
    return TrainingSettings(data=data, out=out, steps=steps, batch=16, seed=seed, threads=threads, peak_rate=2.5e-3)


def word_settings(data: Path, out: Path, *, steps: int = 7000, seed: int = 1, threads: int = 1) -> TrainingSettings:
    """Settings of a run of the word network: 64 bands a step, some 5 minutes a thousand steps on two quiet cores."""
    return TrainingSettings(data=data, out=out, steps=steps, batch=64, seed=seed, threads=threads, peak_rate=1.4e-3)


def reader_settings(data: Path, out: Path, *, steps: int = 33_000, seed: int = 1, threads: int = 1) -> TrainingSettings:
    """Settings of a reader run: 64 crops a step, some 4 minutes a thousand steps on two quiet cores."""
    return TrainingSettings(data=data, out=out, steps=steps, batch=64, seed=seed, threads=threads, peak_rate=1.4e-3)
