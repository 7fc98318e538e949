"""`platewatch hotlist`: lists into Redis, and what is in them."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from dashboards import audit_log
from infra.cli import hotlist_load, hotlist_simulate, local_entries
from infra.cli.options import SettingsFiles
from infra.cli.services import load_settings_and_services
from streams.hotlist_store import HotlistSummary, ListedEntry, open_hotlists

app = typer.Typer(help="Hot lists: load, list, look up.", no_args_is_help=True)
hotlist_load.register(app)
local_entries.register(app)
hotlist_simulate.register(app)


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
