"""`platewatch`: the root of all commands, and the one place where errors become one line and an exit code."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import typer
from rich.console import Console
from typer.core import TyperGroup

FAILED = 2

COMMANDS = {
    "demo": "infra.cli.demo:app",
    "stack": "infra.cli.stack:app",
    "init": "infra.cli.initialise:app",
    "worker": "infra.cli.worker:app",
    "camera": "infra.cli.camera:app",
    "recognize": "infra.cli.recognize:app",
    "hotlist": "infra.cli.hotlist:app",
    "alert": "infra.cli.alerts:app",
    "webhook": "infra.cli.webhooks:app",
    "search": "infra.cli.search:app",
    "console": "infra.cli.console:app",
    "settings": "infra.cli.settings:app",
    "bench": "infra.cli.bench:app",
    "train": "infra.cli.train:app",
    "docs": "infra.cli.docs:docs_app",
}
"""Where each command lives, in the order of the help."""


class LazyCommands(TyperGroup):
    """Loads a command when it is called: a worker need not carry what the renderer needs, nor wait for it."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The commands, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command, loaded; None where there is none of that name."""
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, name = place.split(":")
        command = typer.main.get_command(getattr(importlib.import_module(module), name))
        command.name = cmd_name
        return command


app = typer.Typer(
    name="platewatch",
    cls=LazyCommands,
    help="Licence plate recognition as a stream: frames to verified alerts, everything gone after 30 days.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


@app.callback()
def platewatch() -> None:
    """Licence plate recognition as a stream: frames to verified alerts, everything gone after 30 days."""


def main() -> None:
    """Run the command line; our own errors are one line on standard error, and exit code 2."""
    try:
        app()
    except Exception as error:
        # Imported only now: the roots of all errors stand in all packages, and no command needs all of them.
        from infra.cli.faults import KNOWN_FAULTS  # noqa: PLC0415

        if not isinstance(error, KNOWN_FAULTS):
            raise
        Console(stderr=True, soft_wrap=True).print(f"platewatch: {error}", style="bold red", markup=False)
        sys.exit(FAILED)


if __name__ == "__main__":
    main()
