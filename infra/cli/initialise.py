"""`platewatch init`: topics, templates and policies."""

from __future__ import annotations

import typer

from infra.cli.options import SettingsFiles
from infra.elastic_templates import Lifecycle
from infra.initialise import initialise
from infra.settings import load_settings

app = typer.Typer(add_completion=False)


@app.command()
def init(*, settings_files: SettingsFiles = None) -> None:
    """Create topics, index templates and policies; safe to repeat."""
    done = initialise(load_settings(*(settings_files or ())))
    typer.echo(f"topics: {len(done.topics.created)} created, {len(done.topics.kept)} kept")
    if done.lifecycle is Lifecycle.BY_POLICY:
        typer.echo("elasticsearch: template and lifecycle policy in place")
    else:
        typer.echo("elasticsearch: template in place; this distribution has no lifecycle service")
