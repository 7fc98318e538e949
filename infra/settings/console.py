"""Settings of the console: where it listens, who may come in, and the live feed of alerts."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from infra.settings.base import SettingsModel


class FeedSettings(SettingsModel):
    """The live feed. What one client can cost is `write_bytes` and its socket's buffer, whatever it does."""

    ring_events: int = Field(
        10_000, ge=100, le=1_000_000, description="Changes of alerts held in memory; older ones are read from Kafka."
    )
    ring_bytes: int = Field(64 * 2**20, ge=2**20, le=2**32, description="Memory that they take at most.")
    most_clients: int = Field(2_000, ge=1, le=100_000, description="Clients at once; one more is refused with 503.")
    write_every_ms: float = Field(
        50.0, ge=1, le=1000, description="A client is written to at most so often; lower is faster and costs more CPU."
    )
    write_bytes: int = Field(64 * 2**10, ge=4096, le=2**20, description="What a client is sent at once, about.")
    socket_bytes: int = Field(
        128 * 2**10, ge=4096, le=2**22, description="What the operating system may hold of a client that reads slowly."
    )
    stall_s: float = Field(
        10.0, gt=0, le=300, description="A client that takes nothing for so long is cut off; it can resume."
    )
    heartbeat_s: float = Field(15.0, gt=0, le=300, description="Something is sent at least so often.")


class ConsoleSettings(SettingsModel):
    """The console: the live feed and the HTTP API."""

    host: str = Field("127.0.0.1", description="Address to listen on; put a proxy with TLS before any other than this.")
    port: int = Field(6090, ge=0, le=65535, description="Port to listen on; 0: any free one.")
    tokens_file: Path | None = Field(
        None,
        description="YAML file of those who may come in, as `platewatch console token` prints its lines; it is read "
        "again when it changes. Without it nobody may.",
    )
    feed: FeedSettings = Field(default_factory=FeedSettings, description="The live feed of alerts.")
