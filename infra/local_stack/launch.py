"""What a service needs to start, as plain values: its files, its commands, its limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Service(StrEnum):
    """The servers of the stack."""

    KAFKA = "kafka"
    ELASTICSEARCH = "elasticsearch"
    REDIS = "redis"


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """A file that is written before a start; mode 0600, owned by the account that the service runs under."""

    path: str
    content: str


@dataclass(frozen=True, slots=True)
class Preparation:
    """A command that must have ended well once before the first start, such as the formatting of a data folder.

    `empties` is removed before each try, so that an interrupted one leaves nothing half done; `discards` are files
    with secrets that only this command reads: they are gone after it.
    """

    command: tuple[str, ...]
    empties: str
    files: tuple[ConfigFile, ...] = ()

    @property
    def discards(self) -> tuple[str, ...]:
        """The files that are removed when the command has ended."""
        return tuple(file.path for file in self.files)


@dataclass(frozen=True, slots=True)
class LaunchPlan:
    """How one service is started in its home folder. Paths of files and folders are relative to that home.

    `start_limit_s` is how long it may take to answer.
    """

    service: Service
    command: tuple[str, ...]
    files: tuple[ConfigFile, ...]
    folders: tuple[str, ...]
    start_limit_s: float
    environment: Mapping[str, str] = field(default_factory=dict)
    preparation: Preparation | None = None


def java_heap_options(megabytes: int) -> tuple[str, ...]:
    """Options for a small, quickly started Java: fixed heap, one collector thread, the fast compiler alone.

    Measured: with the optimising compiler the servers take a third longer to start and a hundred megabytes more.
    """
    return (f"-Xms{megabytes}m", f"-Xmx{megabytes}m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
