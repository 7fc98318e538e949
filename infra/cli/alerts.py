"""`platewatch alert`: what there is, and the steps that people take with it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, TypeVar

import typer
from rich.console import Console

from dashboards.alert_service import AlertService, open_alerts
from infra.cli.alert_view import alert_page, alert_table, warnings
from infra.cli.options import AnyRole, By, SettingsFiles
from infra.cli.services import load_settings_and_services
from streams.alerts.query import MOST, OPEN, AlertQuery
from streams.people import Actor
from streams.records import Alert, AlertState, Category, ClearedOutcome, Comparison

app = typer.Typer(help="Alerts: received, verified, confirmed, dispatched, cleared.", no_args_is_help=True)

ResultT = TypeVar("ResultT")

AlertId = Annotated[str, typer.Argument(metavar="ALERT", help="Id of the alert, as `alert list` tells it.")]
Why = Annotated[str, typer.Option("--reason", help="Why; kept in the alert's history and the audit log.")]
PlateRead = Annotated[str, typer.Option("--plate-read", help="The plate as you read it in the picture.")]
StateAgrees = Annotated[
    bool, typer.Option("--state-agrees/--state-differs", help="Whether the state of issue is the wanted one.")
]
VehicleAgrees = Annotated[
    bool,
    typer.Option("--vehicle-agrees/--vehicle-differs", help="Whether the vehicle is as described, where it is."),
]


@app.command("list")
def list_(
    *,
    state: Annotated[
        list[AlertState] | None, typer.Option(help="Only these; without it, all that are not cleared.")
    ] = None,
    category: Annotated[list[Category] | None, typer.Option(help="Only these.")] = None,
    camera: Annotated[list[str] | None, typer.Option(help="Only those seen by one of these.")] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"], help="Raised since then, in UTC.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="At most so many.")] = 100,
    settings_files: SettingsFiles = None,
) -> None:
    """Alerts, the most urgent first, of these the newest."""
    query = AlertQuery(
        states=tuple(state or OPEN),
        categories=tuple(category or ()),
        cameras=tuple(camera or ()),
        since=since.replace(tzinfo=UTC) if since else None,
        limit=limit,
    )
    alerts = _with_service(settings_files, lambda service: service.list(query))
    console = Console()
    console.print(alert_table(alerts) if alerts else "no alerts")
    if any(not alert.is_verified for alert in alerts):
        console.print("An alert that is not verified is no ground for a stop by itself.", style="bold yellow")


@app.command()
def show(alert_id: AlertId, *, settings_files: SettingsFiles = None) -> None:
    """One alert: the plate that was read under the wanted one, the evidence, its sightings, its history."""
    Console(highlight=False).print(alert_page(_with_service(settings_files, lambda service: service.get(alert_id))))


@app.command()
def take(alert_id: AlertId, *, by: By, role: AnyRole, settings_files: SettingsFiles = None) -> None:
    """See to an alert, so that nobody else has to; also one that somebody else has."""
    _step(settings_files, lambda service: service.take(alert_id, Actor(by, role)))


@app.command()
def verify(  # noqa: PLR0913 - one parameter for each option of the command
    alert_id: AlertId,
    *,
    by: By,
    role: AnyRole,
    plate_read: PlateRead,
    state_agrees: StateAgrees,
    vehicle_agrees: VehicleAgrees,
    settings_files: SettingsFiles = None,
) -> None:
    """Say that plate, state and vehicle in the picture are the wanted ones."""
    seen = Comparison(plate_read=plate_read, state_agrees=state_agrees, vehicle_agrees=vehicle_agrees)
    _step(settings_files, lambda service: service.verify(alert_id, Actor(by, role), seen))


@app.command()
def reject(  # noqa: PLR0913 - one parameter for each option of the command
    alert_id: AlertId,
    *,
    by: By,
    role: AnyRole,
    plate_read: PlateRead,
    state_agrees: StateAgrees,
    vehicle_agrees: VehicleAgrees,
    reason: Why,
    settings_files: SettingsFiles = None,
) -> None:
    """Say what differs; in the plate, ? stands for what cannot be read."""
    seen = Comparison(plate_read=plate_read, state_agrees=state_agrees, vehicle_agrees=vehicle_agrees)
    _step(settings_files, lambda service: service.reject(alert_id, Actor(by, role), seen, reason))


@app.command()
def confirm(
    alert_id: AlertId, *, by: By, role: AnyRole, reason: Why = "", settings_files: SettingsFiles = None
) -> None:
    """Say that the record is still outstanding, by NCIC or by dispatch."""
    _step(settings_files, lambda service: service.confirm(alert_id, Actor(by, role), reason))


@app.command("not-confirm")
def not_confirm(alert_id: AlertId, *, by: By, role: AnyRole, reason: Why, settings_files: SettingsFiles = None) -> None:
    """Say that the record is no longer outstanding, or that nobody could tell."""
    _step(settings_files, lambda service: service.not_confirm(alert_id, Actor(by, role), reason))


@app.command()
def override(alert_id: AlertId, *, by: By, role: AnyRole, reason: Why, settings_files: SettingsFiles = None) -> None:
    """Put exigent circumstances on record, so that the alert may be dispatched unconfirmed."""
    _step(settings_files, lambda service: service.override(alert_id, Actor(by, role), reason))


@app.command()
def dispatch(
    alert_id: AlertId, *, by: By, role: AnyRole, reason: Why = "", settings_files: SettingsFiles = None
) -> None:
    """Send officers: to what is verified and confirmed, or overridden."""
    alert = _step(settings_files, lambda service: service.dispatch(alert_id, Actor(by, role), reason))
    if alert.hit.match.entry.instructions:
        Console().print(f"instructions: {alert.hit.match.entry.instructions}", markup=False)


@app.command()
def clear(
    alert_id: AlertId,
    *,
    by: By,
    role: AnyRole,
    outcome: Annotated[ClearedOutcome, typer.Option(help="How it ended.")],
    reason: Why,
    settings_files: SettingsFiles = None,
) -> None:
    """End an alert, with its outcome."""
    _step(settings_files, lambda service: service.clear(alert_id, Actor(by, role), outcome, reason))


def _step(settings_files: SettingsFiles, act: Callable[[AlertService], Awaitable[Alert]]) -> Alert:
    """Take the step, and say where the alert stands now."""
    alert = _with_service(settings_files, act)
    console = Console()
    outcome = f" ({alert.outcome})" if alert.outcome else ""
    console.print(f"{alert.id}: {alert.state}{outcome}, taken by {alert.taken_by}", markup=False)
    for words in warnings(alert):
        console.print(words, style="bold yellow")
    return alert


def _with_service(settings_files: SettingsFiles, act: Callable[[AlertService], Awaitable[ResultT]]) -> ResultT:
    settings = load_settings_and_services(settings_files)

    async def run() -> ResultT:
        async with open_alerts(settings) as service:
            return await act(service)

    return asyncio.run(run())
