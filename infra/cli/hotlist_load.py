"""`platewatch hotlist load`, `check`, `templates`, `export`: files to lists, and lists to files."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from connectors.hotlists.archive import HotlistArchive, check_list_name
from connectors.hotlists.errors import HotlistError
from connectors.hotlists.export import write_export
from connectors.hotlists.guard import Suspicion
from connectors.hotlists.hotlist_file import LoadMode, RowCounts
from connectors.hotlists.load import ListLoad, ListSource, list_source, load_list, parse_category
from connectors.hotlists.loader import HotlistLoader
from connectors.hotlists.template import DelimitedLayout, HotlistTemplate
from connectors.hotlists.template_catalogue import DEFAULT_TEMPLATE, all_templates, find_template
from dashboards import audit_log
from infra.cli.list_files import ListFiles
from infra.cli.options import SettingsFiles
from infra.cli.services import load_settings_and_services
from infra.settings import Settings, load_settings
from infra.settings.hotlists import HotlistFileSettings
from streams.entry_terms import LOCAL
from streams.hotlist_store import open_hotlists
from streams.hotlist_values import HotlistSummary
from streams.records import HotlistEntry

_SHOWN = 10
"""Refused rows that are shown; the report has all."""

_SIGNS = {",": "comma", ";": "semicolon", "\t": "tab"}

TemplateName = Annotated[
    str | None,
    typer.Option("--template", help="Name of a template (`hotlist templates`), or the path of a .yaml file."),
]
CategoryName = Annotated[str | None, typer.Option("--category", help="Category of rows that say none.")]
Mode = Annotated[
    LoadMode,
    typer.Option(help="full: the whole list; delta: changes, each with its action; additions, removals: rows of one."),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the group `hotlist`."""
    for command in (load, check, templates, export):
        app.command()(command)


def load(  # noqa: PLR0913 - one parameter for each option of the command
    file: Annotated[Path, typer.Argument(help="The list's file.")],
    *,
    name: Annotated[str, typer.Option("--list", help="Name of the list that the file replaces or changes.")],
    template: TemplateName = None,
    category: CategoryName = None,
    mode: Mode = LoadMode.FULL,
    delta: Annotated[bool, typer.Option("--delta", help="Short for --mode delta.")] = False,
    accept_refused: Annotated[
        str, typer.Option(metavar="REASON", help="Load in spite of many refused rows; the reason goes on record.")
    ] = "",
    accept_shrink: Annotated[
        str, typer.Option(metavar="REASON", help="Load though the list shrinks much; the reason goes on record.")
    ] = "",
    settings_files: SettingsFiles = None,
) -> None:
    """Replace or change a list by a file, at once or not at all; what the guard stops, a person may accept."""
    if name == LOCAL:
        msg = f"the list {LOCAL} is made of local entries, each approved; propose one with `platewatch hotlist propose`"
        raise HotlistError(msg)
    check_list_name(name)
    settings = load_settings(*(settings_files or ()))
    source = _source(file, name, settings, template=template, category=category)
    source = replace(source, mode=LoadMode.DELTA if delta else mode)
    accepted = {Suspicion.REFUSED: accept_refused, Suspicion.SHRINK: accept_shrink}
    archive, now = HotlistArchive(settings.hotlists.data_dir), datetime.now(UTC)
    with archive.exclusive(name):
        # Before any server is needed: whoever gives a wrong file is told so at once.
        prepared = load_list(source, archive, settings.hotlists.guard, now=now, as_of=now, accepted=accepted)
        _tell(prepared)
        settings = load_settings_and_services(settings_files)
        summary = asyncio.run(_publish(settings, source, prepared, accepted))
    Console().print(
        f"{summary.name}: {prepared.manifest.entries:,} entries, version {summary.version}", highlight=False
    )


async def _publish(
    settings: Settings, source: ListSource, prepared: ListLoad, accepted: Mapping[Suspicion, str]
) -> HotlistSummary:
    async with open_hotlists(settings.redis) as store:
        return await ListFiles(settings, store).publish(source, prepared, accepted)


def _source(file: Path, name: str, settings: Settings, *, template: str | None, category: str | None) -> ListSource:
    """What the options say, else what the settings say of the list, else the defaults."""
    known = settings.hotlists.named(name) or HotlistFileSettings(name=name, file=file)
    return list_source(
        known.model_copy(
            update={
                "file": file,
                "template": known.template if template is None else template,
                "category": known.category if category is None else category,
            }
        )
    )


def _tell(prepared: ListLoad) -> None:
    console = Console(stderr=True, soft_wrap=True)
    console.print(_counted(prepared.counts), markup=False, highlight=False)
    if prepared.removed or prepared.unmatched:
        console.print(
            f"{prepared.removed:,} entries removed; {prepared.unmatched:,} removals found no entry", highlight=False
        )
    if prepared.report is not None:
        console.print(f"refused rows: {prepared.report}", style="yellow", markup=False, highlight=False)
    for objection in prepared.accepted:
        console.print(f"accepted: {objection.explanation}", style="yellow", markup=False, highlight=False)


def _counted(counts: RowCounts) -> str:
    return (
        f"{counts.rows:,} rows: {counts.refused:,} refused, {counts.expired:,} over, {counts.duplicates:,} duplicates"
    )


def check(
    file: Annotated[Path, typer.Argument(help="The list's file.")],
    *,
    template: TemplateName = None,
    category: CategoryName = None,
    mode: Mode = LoadMode.FULL,
) -> None:
    """Read a file and change nothing: what it holds, and the first rows that are refused."""
    known = find_template(template or DEFAULT_TEMPLATE)
    loader = HotlistLoader(known, "check", category=parse_category(category or ""), mode=mode, others=all_templates())
    content = loader.read(file, datetime.now(UTC))
    console = Console(soft_wrap=True)
    console.print(f"template {known.name}: {_counted(content.counts)}", markup=False, highlight=False)
    console.print(f"{len(content.entries):,} entries, {len(content.removals):,} removals", highlight=False)
    for row in content.refused[:_SHOWN]:
        console.print(f"line {row.line}: {row.reason}", style="yellow", markup=False, highlight=False)
    if content.counts.refused > _SHOWN:
        console.print(f"… and {content.counts.refused - _SHOWN:,} more", highlight=False)


def templates() -> None:
    """The formats that are known by name."""
    table = Table("template", "layout", "what")
    for one in all_templates():
        table.add_row(one.name, _layout(one), one.title)
    Console().print(table)


def _layout(template: HotlistTemplate) -> str:
    if not isinstance(template.layout, DelimitedLayout):
        return "fixed width"
    sign = _SIGNS.get(template.layout.separator, template.layout.separator)
    return f"{sign}, header" if template.layout.header else f"{sign}, no header"


def export(
    name: Annotated[str, typer.Argument(help="The list.")],
    file: Annotated[Path, typer.Argument(help="The file to write; readable for its owner alone.")],
    *,
    settings_files: SettingsFiles = None,
) -> None:
    """Write a live list to a file of template platewatch-csv, from which it can be loaded again."""
    settings = load_settings_and_services(settings_files)
    audit_log.record(audit_log.terminal_event("hotlist.export", name, details={"file": file.name}), settings.kafka)
    entries = asyncio.run(_live(settings, name))
    write_export(file, entries)
    Console().print(f"{name}: {len(entries):,} entries written to {file}", markup=False, highlight=False)


async def _live(settings: Settings, name: str) -> list[HotlistEntry]:
    async with open_hotlists(settings.redis) as store:
        return [entry async for entry in store.entries(name)]
