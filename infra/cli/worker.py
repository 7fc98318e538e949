"""`platewatch worker`: one worker as a process."""

from __future__ import annotations

from typing import Annotated

import typer

from infra.cli.hotlists_worker import hotlists_attach
from infra.cli.options import SettingsFiles
from infra.logs import configure_logs
from infra.settings import load_settings
from infra.settings.workers import WorkerName
from streams.worker import run_worker

app = typer.Typer(add_completion=False)


@app.command()
def worker(
    name: Annotated[WorkerName, typer.Argument(help="Which worker.")], *, settings_files: SettingsFiles = None
) -> None:
    """Run one worker until it is told to stop."""
    settings = load_settings(*(settings_files or ()))
    configure_logs(settings.log)
    run_worker(settings, name, hotlists_attach(settings) if name is WorkerName.HOTLISTS else None)
