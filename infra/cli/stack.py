"""`platewatch stack`: the local servers from the command line."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer
from rich.console import Console
from rich.live import Live
from rich.table import Table

from infra.local_stack.addresses import Security
from infra.local_stack.launch import Service
from infra.local_stack.progress import OnProgress, Phase, StackEvent
from infra.local_stack.stack import LocalStack, PortWishes
from infra.local_stack.status import ServiceState, ServiceStatus
from infra.settings import load_settings

app = typer.Typer(
    help="Real Kafka, Elasticsearch and Redis on this machine, without containers.",
    no_args_is_help=True,
    add_completion=False,
)

NOT_ALL_UP = 3
_PHASE_STYLES = {Phase.UP: "green", Phase.FAILED: "red"}
_STATE_STYLES = {
    ServiceState.UP: "green",
    ServiceState.SILENT: "yellow",
    ServiceState.DIED: "red",
    ServiceState.DOWN: "dim",
}

StateDir = Annotated[
    Path | None, typer.Option(help="Folder of the stack; stacks in different folders run side by side.")
]


@app.command()
def up(
    *,
    state_dir: StateDir = None,
    secured: Annotated[bool, typer.Option("--secured", help="TLS, users and access rules.")] = False,
    ports_from: Annotated[
        Path | None, typer.Option(help="Settings file whose ports the services must have; else free ones are chosen.")
    ] = None,
) -> None:
    """Start the servers and wait until they answer; those that run stay as they are."""
    console = Console(stderr=True)
    stack = LocalStack(
        state_dir,
        security=Security.SECURED if secured else None,
        wishes=_wishes(ports_from) if ports_from else PortWishes(),
    )
    with start_progress(console) as on_progress:
        addresses = stack.up(on_progress)
    table = Table.grid(padding=(0, 2))
    table.add_row("kafka", addresses.kafka_bootstrap)
    table.add_row("elasticsearch", addresses.elasticsearch_url)
    table.add_row("redis", addresses.redis_url)
    table.add_row("settings", str(addresses.settings_file))
    Console(soft_wrap=True).print(table)
    if addresses.ca_file is not None:
        console.print(
            "Redis asks for its password but has no TLS: the bundled server is built without it.", style="dim"
        )


@app.command()
def down(*, state_dir: StateDir = None) -> None:
    """Stop the servers; their data stays."""
    LocalStack(state_dir).down()


@app.command()
def status(
    *,
    state_dir: StateDir = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show the servers; the exit code is 0 when all are up, else 3."""
    services = LocalStack(state_dir).status()
    if as_json:
        typer.echo(json.dumps([asdict(service) for service in services], indent=2))
    else:
        Console().print(_status_table(services))
    if any(service.state is not ServiceState.UP for service in services):
        raise typer.Exit(NOT_ALL_UP)


@app.command()
def reset(*, state_dir: StateDir = None) -> None:
    """Stop the servers and delete their data, logs and passwords."""
    LocalStack(state_dir).reset()


@contextmanager
def start_progress(console: Console) -> Iterator[OnProgress]:
    """A live table of a start: each service with its phase and seconds; plain lines where there is no terminal."""
    if not console.is_terminal:
        yield _StartLines(console).take
        return
    display = _StartDisplay()
    with Live(console=console, get_renderable=display.render, refresh_per_second=8, transient=True):
        yield display.take


class _StartLines:
    """A line for each step, and one for every ten files that were fetched."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._tens = -1

    def take(self, event: StackEvent) -> None:
        """Print an event of a start."""
        if event.fetched is not None:
            tens = event.fetched.files_done // 10
            if tens == self._tens:
                return
            self._tens = tens
        self._console.print(f"stack: {_what(event)}", highlight=False)


class _StartDisplay:
    """The latest event of each service, drawn again and again from another thread."""

    def __init__(self) -> None:
        self._latest: dict[Service | None, tuple[StackEvent, float]] = {}
        self._since = time.monotonic()

    def take(self, event: StackEvent) -> None:
        """Remember an event of a start."""
        self._latest[event.service] = (event, time.monotonic() - self._since)

    def render(self) -> Table:
        """The table at this moment."""
        table = Table.grid(padding=(0, 2))
        for event, at in list(self._latest.values()):
            if event.fetched is not None and len(self._latest) > 1:
                continue  # of no interest any more once servers start
            ended = event.phase in {Phase.UP, Phase.FAILED}
            seconds = at if ended else time.monotonic() - self._since
            table.add_row(f"[{_PHASE_STYLES.get(event.phase, 'yellow')}]{_what(event)}[/]", f"{seconds:.0f} s")
        return table


def _what(event: StackEvent) -> str:
    if (fetched := event.fetched) is not None:
        megabytes = fetched.received_bytes / 1e6
        return f"fetching the servers' programs: {fetched.files_done} of {fetched.files} files, {megabytes:.0f} MB"
    return f"{event.service} {event.phase} {event.detail}".rstrip()


def _status_table(services: tuple[ServiceStatus, ...]) -> Table:
    table = Table("service", "state", "pid", "port", "memory", "uptime", "version", box=None)
    for item in services:
        table.add_row(
            item.service,
            f"[{_STATE_STYLES[item.state]}]{item.state}[/]",
            _or_dash(item.pid),
            _or_dash(item.port),
            "-" if item.resident_bytes is None else f"{item.resident_bytes / 1e6:.0f} MB",
            "-" if item.uptime_s is None else _duration(item.uptime_s),
            item.version,
        )
    return table


def _or_dash(value: int | None) -> str:
    return "-" if value is None else str(value)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _wishes(settings_file: Path) -> PortWishes:
    settings = load_settings(settings_file)
    return PortWishes(
        kafka=_port(f"kafka://{settings.kafka.bootstrap.split(',')[0]}"),
        elasticsearch=_port(settings.elasticsearch.url),
        redis=_port(settings.redis.url),
    )


def _port(url: str) -> int | None:
    return urlsplit(url).port
