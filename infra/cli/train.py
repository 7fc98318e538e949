"""`platewatch train`: rebuild the weights."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from recognizers.training.settings import TrainingSettings, detector_settings, reader_settings

app = typer.Typer(help="Rebuild the weights; needs the train extra.", no_args_is_help=True)

Data = Annotated[Path, typer.Option(help="Folder of photographs with annotations.jsonl.")]
Out = Annotated[Path, typer.Option(help="Folder for checkpoints, the log and the exported model.")]
Steps = Annotated[int, typer.Option(min=1, help="Batches to train on in all.")]
Seed = Annotated[int, typer.Option(help="The same seed gives the same samples.")]
Threads = Annotated[int, typer.Option(min=1, help="Cores to use.")]


@app.command()
def detector(*, data: Data, out: Out, steps: Steps = 6000, seed: Seed = 1, threads: Threads = 1) -> None:
    """Train the plate detector; goes on where an earlier run in the same folder stopped."""
    from recognizers.training.fit_detector import fit_detector  # noqa: PLC0415 - TensorFlow takes seconds to load

    _run(fit_detector, detector_settings(data, out, steps=steps, seed=seed, threads=threads))


@app.command()
def reader(*, data: Data, out: Out, steps: Steps = 12000, seed: Seed = 1, threads: Threads = 1) -> None:
    """Train the plate reader; goes on where an earlier run in the same folder stopped."""
    from recognizers.training.fit_reader import fit_reader  # noqa: PLC0415 - TensorFlow takes seconds to load

    _run(fit_reader, reader_settings(data, out, steps=steps, seed=seed, threads=threads))


def _run(fit: Callable[[TrainingSettings], object], settings: TrainingSettings) -> None:
    fit(settings)
    typer.echo(f"trained; checkpoints are in {settings.out}")
