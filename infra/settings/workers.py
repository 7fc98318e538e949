"""Settings of how workers run: their own HTTP endpoints, retries and logs."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from pydantic import Field

from infra.settings.base import SettingsModel


class WorkerName(StrEnum):
    """The workers, in the order of a plate's way."""

    RECOGNITION = "recognition"
    MATCHING = "matching"
    WINDOWS = "windows"
    ALERTING = "alerting"
    DELIVERY = "delivery"
    INDEXING = "indexing"
    HOTLISTS = "hotlists"


class WorkerSettings(SettingsModel):
    """What all workers share."""

    host: str = Field("127.0.0.1", description="Address that /livez, /readyz and /metrics listen on.")
    first_port: int = Field(
        6070,
        ge=0,
        le=65536 - len(WorkerName),
        description="Port of the first worker's endpoints, the next one's follow; 0: any free one.",
    )
    data_dir: Path = Field(Path(".platewatch/workers"), description="Faust's own files, a folder for each worker.")
    stuck_after_s: float = Field(60.0, gt=0, description="/livez fails when messages wait this long without a commit.")
    session_timeout_s: float = Field(10.0, ge=6, le=300, description="Kafka hands a silent worker's partitions over.")

    def port(self, worker: WorkerName) -> int:
        """The port of a worker's endpoints; 0 for any free one."""
        return self.first_port + list(WorkerName).index(worker) if self.first_port else 0


class RetrySettings(SettingsModel):
    """How a stage meets trouble."""

    first_s: float = Field(0.2, gt=0, description="Wait before the second try; doubles, with full jitter.")
    longest_s: float = Field(5.0, gt=0, description="Longest wait between two tries.")


class LogFormat(StrEnum):
    """How log lines are written."""

    CONSOLE = "console"
    JSON = "json"


class LogLevel(StrEnum):
    """The least severe lines that are written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogSettings(SettingsModel):
    """Logs name ids, never a plate."""

    level: LogLevel = Field(LogLevel.INFO, description="Least severe level written.")
    format: LogFormat = Field(LogFormat.JSON, description="json for machines, console for people.")
