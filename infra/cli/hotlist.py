"""`platewatch hotlist`: lists into Redis, and what is in them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from connectors.hotlist_files import HotlistFileError, read_hotlist
from dashboards import audit_log
from infra.cli import local_entries
from infra.cli.options import SettingsFiles
from infra.cli.services import load_settings_and_services
from infra.settings import Settings
from streams.hotlist_store import HotlistSummary, ListedEntry, open_hotlists
from streams.records import HotlistEntry

app = typer.Typer(help="Hot lists: load, list, look up.", no_args_is_help=True)
local_entries.register(app)


@app.command()
def load(
    file: Annotated[Path, typer.Argument(help="Comma-separated file with the header plate,category,…")],
    *,
    name: Annotated[str, typer.Option("--list", help="Name of the list that the file replaces.")],
    settings_files: SettingsFiles = None,
) -> None:
    """Replace a list by a file, at once or not at all; rows that are no entries are told, line by line."""
    console = Console(stderr=True)
    content = read_hotlist(file, name)
    for row in content.refused:
        console.print(f"{file}, line {row.line}: {row.reason}", style="yellow", markup=False)
    if not content.entries:
        msg = f"hot list {file} holds no usable entry, so the list {name} stays as it is"
        raise HotlistFileError(msg)
    settings = load_settings_and_services(settings_files)
    details = {"entries": str(len(content.entries)), "refused": str(len(content.refused)), "file": file.name}
    audit_log.record(audit_log.terminal_event("hotlist.load", name, details=details), settings.kafka)
    summary = asyncio.run(_replace(settings, name, content.entries))
    Console().print(f"{summary.name}: {summary.plates} plates, version {summary.version}")


async def _replace(settings: Settings, name: str, entries: tuple[HotlistEntry, ...]) -> HotlistSummary:
    async with open_hotlists(settings.redis) as store:
        return await store.replace(name, entries, datetime.now(UTC))


@app.command("list")
def list_(*, settings_files: SettingsFiles = None) -> None:
    """The live lists, their versions and sizes."""
    settings = load_settings_and_services(settings_files)

    async def summaries() -> list[HotlistSummary]:
        async with open_hotlists(settings.redis) as store:
            return await store.summaries()

    table = Table("list", "plates", "version")
    for summary in asyncio.run(summaries()):
        table.add_row(summary.name, str(summary.plates), summary.version)
    Console().print(table)


@app.command()
def lookup(
    plate: Annotated[str, typer.Argument(help="A whole plate.")], *, settings_files: SettingsFiles = None
) -> None:
    """The entries that a plate, or a look-alike of it, is on."""
    settings = load_settings_and_services(settings_files)
    audit_log.record(audit_log.terminal_event("hotlist.lookup", plate), settings.kafka)

    async def candidates() -> list[ListedEntry]:
        async with open_hotlists(settings.redis) as store:
            return await store.lookup(plate)

    table = Table("list", "plate", "state", "category", "reason", "case", "version")
    for listed in asyncio.run(candidates()):
        entry = listed.entry
        row = (entry.hotlist, entry.plate, entry.state or "any", entry.category, entry.reason, entry.case_number)
        table.add_row(*row, listed.version)
    Console().print(table)
