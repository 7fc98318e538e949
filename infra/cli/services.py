"""The settings of a command that needs the services to run; the local stack is started for it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from infra.cli.stack import start_progress
from infra.local_stack.stack import LocalStack, default_state_dir
from infra.local_stack.status import ServiceState
from infra.settings import Settings, load_settings
from infra.settings.load import settings_files


def load_settings_and_services(given: Sequence[Path] | None) -> Settings:
    """The settings; where they are those of the local stack and it was stopped, as after a demo, it is started.

    Raises:
        SettingsError: the settings cannot be used.
        LocalStackError: the local stack cannot be started.
    """
    settings = load_settings(*(given or ()))
    local = default_state_dir() / "settings.yaml"
    if any(path.absolute() == local for path in settings_files(os.environ, given or ())):
        _start_if_stopped(LocalStack())
    return settings


def _start_if_stopped(stack: LocalStack) -> None:
    if all(service.state is ServiceState.UP for service in stack.status()):
        return
    console = Console(stderr=True)
    console.print("the local stack is stopped, so it is started; `platewatch stack down` stops it", style="dim")
    with start_progress(console) as on_progress:
        stack.up(on_progress)
