"""`platewatch console`: the live feed and the HTTP API; and tokens for those who use them."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from dashboards.console_server import run_console
from dashboards.console_tokens import new_token
from infra.cli.options import AnyRole, SettingsFiles
from infra.logs import configure_logs
from infra.settings import load_settings

app = typer.Typer(
    help="Serve the live feed of alerts and the HTTP API until told to stop; or make a token for somebody.",
    invoke_without_command=True,
    add_completion=False,
)


@app.callback()
def console(context: typer.Context, *, settings_files: SettingsFiles = None) -> None:
    """Serve the live feed of alerts and the HTTP API until told to stop."""
    if context.invoked_subcommand is not None:
        return
    settings = load_settings(*(settings_files or ()))
    configure_logs(settings.log)
    run_console(settings)


@app.command()
def token(
    *,
    name: Annotated[str, typer.Option(help="Whose token it is: a person's name, no shared account.")],
    role: AnyRole,
) -> None:
    """Make a token: it is shown once. The line goes into the file that console.tokens_file names."""
    made = new_token(name, role)
    Console(stderr=True).print(
        "The token, to be given to its owner and shown nowhere again:", style="bold", highlight=False
    )
    typer.echo(made.token)
    Console(stderr=True).print("The line for console.tokens_file:", style="bold", highlight=False)
    typer.echo(made.line)
