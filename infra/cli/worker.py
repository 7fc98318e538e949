"""`platewatch worker`: one worker as a process."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Annotated

import typer

from infra.cli.options import SettingsFiles
from infra.logs import configure_logs
from infra.settings import Settings, load_settings
from infra.settings.workers import WorkerName
from streams.worker import Attach, run_worker

app = typer.Typer(add_completion=False)

ATTACHED_BY = {
    WorkerName.DELIVERY: "infra.cli.delivery_worker:delivery_attach",
    WorkerName.HOTLISTS: "infra.cli.hotlists_worker:hotlists_attach",
}
"""Workers that are given something from packages that the streams do not know, and what gives it; loaded only then."""


@app.command()
def worker(
    name: Annotated[WorkerName, typer.Argument(help="Which worker.")], *, settings_files: SettingsFiles = None
) -> None:
    """Run one worker until it is told to stop."""
    settings = load_settings(*(settings_files or ()))
    configure_logs(settings.log)
    run_worker(settings, name, _attach(settings, name))


def _attach(settings: Settings, name: WorkerName) -> Attach | None:
    place = ATTACHED_BY.get(name)
    if place is None:
        return None
    module, function = place.split(":")
    build: Callable[[Settings], Attach] = getattr(importlib.import_module(module), function)
    return build(settings)
