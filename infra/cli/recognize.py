"""`platewatch recognize`: pictures, folders and videos to reads, on this machine and without servers."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from connectors.decoder_noise import silence_decoders
from infra.cli.chosen_cameras import chosen_cameras
from infra.cli.native_noise import native_silence
from infra.cli.options import SettingsFiles
from infra.recognize.frames import Unread, count_pictures, pictures_of
from infra.recognize.inputs import Input, list_inputs
from infra.recognize.plates import PictureReads, View, build_view
from infra.recognize.reading import PictureReader, in_order
from infra.recognize.results import JsonLines, ReadsTable, Results, json_lines, prepare_folder
from infra.settings import load_settings
from recognizers.recognizer import build_recognizer

app = typer.Typer(add_completion=False)

FAULT = 2
"""Exit code where a picture could not be read; a line on stderr says which and why."""


@app.command()
def recognize(  # noqa: PLR0913 - one parameter for each option of the command
    paths: Annotated[list[str], typer.Argument(metavar="PATH", help="Pictures, folders of pictures, videos.")],
    *,
    jsonl: Annotated[Path | None, typer.Option("--jsonl", help="Write the JSON lines to this file.")] = None,
    annotate: Annotated[
        Path | None, typer.Option("--annotate", help="Draw the reads into a copy of each picture, in this folder.")
    ] = None,
    camera: Annotated[
        str | None, typer.Option("--camera", help="Apply the privacy masks and the region of this camera.")
    ] = None,
    no_grammar: Annotated[
        bool, typer.Option("--no-grammar", help="Leave texts as read, whatever formats are issued.")
    ] = False,
    threads: Annotated[int, typer.Option("--threads", min=1, max=64, help="Pictures that are read at once.")] = 1,
    settings_files: SettingsFiles = None,
) -> None:
    """Read the plates of pictures: a line for each picture, as a table in a terminal, else as JSON."""
    settings = load_settings(*settings_files or ())
    view = build_view(settings.recognition, chosen_cameras(settings, [camera])[0] if camera is not None else None)
    if no_grammar:
        view = replace(view, grammar=None)
    inputs = list_inputs(paths)
    if annotate is not None:
        prepare_folder(annotate, inputs)
    silence_decoders()
    with ExitStack() as stack:
        console = Console()
        results: Results
        if jsonl is not None:
            results = stack.enter_context(json_lines(jsonl))
        else:
            results = ReadsTable(console) if console.is_terminal else JsonLines(sys.stdout.buffer)
        reader = _build_reader(view, annotate, threads)
        bar = stack.enter_context(_progress(inputs, console if isinstance(results, ReadsTable) else None))
        outcomes = stack.enter_context(closing(in_order(reader.read, pictures_of(inputs), threads)))
        unread = _write_all(outcomes, results, bar)
    if unread:
        raise typer.Exit(FAULT)


def _build_reader(view: View, annotate: Path | None, threads: int) -> PictureReader:
    with native_silence():
        recognizers = [build_recognizer(view.chain) for _ in range(threads)]
    return PictureReader(recognizers, view, annotate)


def _write_all(outcomes: Iterable[PictureReads | Unread], results: Results, bar: Progress) -> int:
    """Write the reads of every picture as they come; gives how many pictures could not be read."""
    unread = 0
    for outcome in outcomes:
        if isinstance(outcome, Unread):
            unread += 1
            typer.echo(outcome.reason, err=True)
        else:
            results.write(outcome)
        for task in bar.task_ids:
            bar.advance(task)
    return unread


@contextmanager
def _progress(inputs: tuple[Input, ...], table: Console | None) -> Iterator[Progress]:
    """A bar on stderr where that is a terminal and there is more than one picture.

    Where a table goes to the terminal too, the bar stands below it, on its console: two would overwrite each other.
    """
    stderr = Console(stderr=True)
    columns = TextColumn("reading"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    # Standard output may be a pipe, and what goes there must not pass by the bar.
    bar = Progress(*columns, console=table or stderr, transient=True, redirect_stdout=False)
    total = count_pictures(inputs) if stderr.is_terminal else 1
    if total == 1:
        yield bar
        return
    bar.add_task("reading", total=total)
    with bar:
        yield bar
