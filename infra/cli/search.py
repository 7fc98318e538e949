"""`platewatch search`: where a plate was seen. On record, with case or reason, before anything shows."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from dashboards import audit_log
from dashboards.plate_search import Area, FoundPass, PlateQuery, SearchError, normalise_pattern
from dashboards.plate_search import search as search_passes
from infra.cli.options import SettingsFiles
from infra.cli.services import load_settings_and_services
from infra.settings import Settings
from streams.clients import build_elasticsearch

app = typer.Typer(add_completion=False)


class OutputFormat(StrEnum):
    """How results are printed."""

    TABLE = "table"
    JSON = "json"


@app.command()
def search(  # noqa: PLR0913 - one parameter for each option of the command
    plate: Annotated[str, typer.Argument(help="A plate, or part of one: ? is one character, * any number.")],
    *,
    case: Annotated[str, typer.Option("--case", help="Case or incident number.")] = "",
    reason: Annotated[str, typer.Option("--reason", help="Why you search.")] = "",
    since: Annotated[datetime | None, typer.Option("--from", help="Captured at or after (UTC).")] = None,
    until: Annotated[datetime | None, typer.Option("--to", help="Captured before (UTC).")] = None,
    camera: Annotated[str | None, typer.Option("--camera", help="Only this camera.")] = None,
    near: Annotated[str | None, typer.Option("--near", help="lat,lon,km: only within that radius.")] = None,
    output: Annotated[OutputFormat, typer.Option("--format", help="table or json.")] = OutputFormat.TABLE,
    settings_files: SettingsFiles = None,
) -> None:
    """Find where a plate was seen. Needs a case number or a reason, which is recorded first."""
    if not case.strip() and not reason.strip():
        msg = "a search needs a case number (--case) or a reason (--reason); both are kept in the audit log"
        raise SearchError(msg)
    query = PlateQuery(plate, _utc(since), _utc(until), camera, _area(near))
    pattern = normalise_pattern(plate)
    settings = load_settings_and_services(settings_files)
    event = audit_log.terminal_event("search", pattern, case_number=case, reason=reason, details=_limits(query))
    audit_log.record(event, settings.kafka)
    found = asyncio.run(_run(settings, query))
    if output is OutputFormat.JSON:
        typer.echo(msgspec.json.encode([asdict(one) for one in found]).decode())
    else:
        Console().print(_table(found) if found else f"{pattern} was not seen.")


async def _run(settings: Settings, query: PlateQuery) -> list[FoundPass]:
    client = build_elasticsearch(settings.elasticsearch)
    try:
        return await search_passes(client, query)
    finally:
        await client.close()


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment


def _area(text: str | None) -> Area | None:
    if text is None:
        return None
    try:
        lat, lon, radius_km = (float(part) for part in text.split(","))
    except ValueError as error:
        msg = f"--near {text!r} is not lat,lon,km; write it as 38.04,-84.5,5"
        raise SearchError(msg) from error
    return Area(lat, lon, radius_km)


def _limits(query: PlateQuery) -> dict[str, str]:
    limits = {"from": query.since, "to": query.until, "camera": query.camera, "near": query.near}
    return {name: str(limit) for name, limit in limits.items() if limit is not None}


def _table(found: list[FoundPass]) -> Table:
    table = Table("plate", "", "camera", "captured at (UTC)", "confidence", "looks", "detection")
    for one in found:
        mark = "" if one.exact else "look-alike"
        table.add_row(one.plate, mark, one.camera, one.captured_at, f"{one.confidence:.3f}", str(one.looks), one.id)
    return table
