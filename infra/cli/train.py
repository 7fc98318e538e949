"""`platewatch train`: rebuild the weights."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from recognizers.interpreter import Model
from recognizers.training.commands import train_detector, train_reader, train_words
from recognizers.training.settings import detector_settings, reader_settings, word_settings

app = typer.Typer(help="Rebuild the weights; needs the train extra.", no_args_is_help=True)

Data = Annotated[Path, typer.Option(help="Folder of photographs with annotations.jsonl.")]
Out = Annotated[Path, typer.Option(help="Folder for checkpoints and the log.")]
Weights = Annotated[Path, typer.Option(help="Folder that the exported model and its manifest go into.")]
Steps = Annotated[int, typer.Option(min=1, help="Batches to train on in all.")]
Seed = Annotated[int, typer.Option(help="The same seed gives the same samples.")]
Threads = Annotated[int, typer.Option(min=1, help="Cores to use.")]


@app.command()
def detector(
    *, data: Data, out: Out, weights: Weights, steps: Steps = 7000, seed: Seed = 1, threads: Threads = 1
) -> None:
    """Train the plate detector, export it and measure it; goes on where an earlier run in the same folder stopped."""
    settings = detector_settings(data, out, steps=steps, seed=seed, threads=threads)
    typer.echo(f"detector: {train_detector(settings, weights).score}")


@app.command()
def reader(
    *, data: Data, out: Out, weights: Weights, steps: Steps = 33_000, seed: Seed = 1, threads: Threads = 1
) -> None:
    """Train the plate reader, export, calibrate and measure it; goes on where an earlier run stopped."""
    settings = reader_settings(data, out, steps=steps, seed=seed, threads=threads)
    typer.echo(f"reader: {train_reader(settings, weights).score}")


@app.command("second-reader")
def second_reader(
    *, data: Data, out: Out, weights: Weights, steps: Steps = 18_000, seed: Seed = 2, threads: Threads = 1
) -> None:
    """Train the reader that reads beside the first: of another seed, it errs elsewhere."""
    settings = reader_settings(data, out, steps=steps, seed=seed, threads=threads)
    typer.echo(f"second reader: {train_reader(settings, weights, Model.SECOND_READER).score}")


@app.command()
def words(*, data: Data, out: Out, weights: Weights, steps: Steps = 7000, seed: Seed = 1, threads: Threads = 1) -> None:
    """Train the reader of the words that name a US plate's state, export, calibrate and measure it."""
    settings = word_settings(data, out, steps=steps, seed=seed, threads=threads)
    typer.echo(f"words: {train_words(settings, weights).score}")
