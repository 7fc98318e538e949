"""`platewatch docs`: the reference pages that are generated from the code."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from infra.reference_docs import reference_files, remove_left_over, stale_files, write_files

docs_app = typer.Typer(help="Reference pages generated from the code: write or check them.", no_args_is_help=True)

STALE = 2

DocsFolder = Annotated[Path, typer.Option("--docs", help="The documentation's folder.")]


@docs_app.command()
def write(*, docs: DocsFolder = Path("docs")) -> None:
    """Write the pages that are missing or stale, and remove schemas of records that are gone."""
    files = reference_files()
    for path in write_files(docs, files):
        typer.echo(f"written {path}")
    for path in remove_left_over(docs, files):
        typer.echo(f"removed {path}")


@docs_app.command()
def check(*, docs: DocsFolder = Path("docs")) -> None:
    """Say whether the pages are what the code gives; exit code 2 where one is not."""
    stale = stale_files(docs, reference_files())
    for path in stale:
        typer.echo(f"platewatch: {path} is not what the code gives; run `platewatch docs write`", err=True)
    if stale:
        raise typer.Exit(STALE)
    typer.echo("the reference pages are current")
