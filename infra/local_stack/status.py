"""How the services of a stack are doing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from infra.local_stack.launch import Service


class ServiceState(StrEnum):
    """What can be said of a service."""

    UP = "up"
    """It runs and answers."""
    SILENT = "silent"
    """Its process runs and does not answer: it still starts, or hangs."""
    DIED = "died"
    """It was started, and ended without being told to."""
    DOWN = "down"
    """It was not started, or was stopped."""


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """One service at this moment; what only a running one has is None otherwise."""

    service: Service
    state: ServiceState
    version: str
    port: int | None = None
    pid: int | None = None
    resident_bytes: int | None = None
    uptime_s: float | None = None
