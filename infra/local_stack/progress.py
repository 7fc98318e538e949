"""What a start tells of itself while it goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from infra.local_stack.artifacts import FetchProgress
from infra.local_stack.launch import Service


class Phase(StrEnum):
    """How far a service has come."""

    FETCHING = "fetching"
    STARTING = "starting"
    UP = "up"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class StackEvent:
    """One step of a start. The fetching of programs has `fetched` and no service, since it is for all of them."""

    phase: Phase
    service: Service | None = None
    detail: str = ""
    fetched: FetchProgress | None = None


OnProgress = Callable[[StackEvent], None]
"""Told of each step; called from several threads, one at a time."""


def ignore_progress(_event: StackEvent) -> None:
    """For who does not want to know."""
