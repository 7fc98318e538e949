"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from streams.people import PEOPLE, Role

SettingsFiles = Annotated[
    list[Path] | None,
    typer.Option("--settings", help="Settings file (YAML); may be given more than once, later ones win."),
]

By = Annotated[str, typer.Option("--by", help="Who does this: your name. Until accounts come it is taken as given.")]


def role_of(text: str) -> Role:
    """The role of a person; `system` is none.

    Raises:
        typer.BadParameter: it is no person's role.
    """
    if text in PEOPLE:
        return Role(text)
    msg = f"{text!r} is no role; give one of {', '.join(PEOPLE)}"
    raise typer.BadParameter(msg)


AnyRole = Annotated[
    Role, typer.Option("--role", parser=role_of, metavar="ROLE", help=f"In which role: {', '.join(PEOPLE)}.")
]
