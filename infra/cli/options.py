"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

SettingsFiles = Annotated[
    list[Path] | None,
    typer.Option("--settings", help="Settings file (YAML); may be given more than once, later ones win."),
]
