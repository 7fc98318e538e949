"""`platewatch settings`: what is set, whether it is right, and what can be."""

from __future__ import annotations

import json

import typer
import yaml

from infra.cli.options import SettingsFiles
from infra.settings import Settings, load_settings

app = typer.Typer(help="The settings: show, check, schema.", no_args_is_help=True)


@app.command()
def show(*, settings_files: SettingsFiles = None) -> None:
    """All settings as they are in force; secrets are not shown."""
    settings = load_settings(*(settings_files or ()))
    typer.echo(yaml.safe_dump(settings.model_dump(mode="json"), sort_keys=False), nl=False)


@app.command()
def check(*, settings_files: SettingsFiles = None) -> None:
    """Say whether the settings can be used."""
    load_settings(*(settings_files or ()))
    typer.echo("settings are right")


@app.command()
def schema() -> None:
    """The JSON Schema of the settings file."""
    typer.echo(json.dumps(Settings.model_json_schema(), indent=2))
