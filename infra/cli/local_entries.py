"""`platewatch hotlist propose|approve|reject|change|withdraw|pending|show`: local entries and their approval."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, TypeVar

import msgspec
import typer
from rich.console import Console

from dashboards.local_entry_service import LocalEntryService, open_local_entries
from infra.cli.local_entry_view import entry_table, entry_text
from infra.cli.options import AnyRole, By, SettingsFiles
from infra.cli.services import load_settings_and_services
from streams.entry_terms import EntryRefusedError, EntryTerms, state_of
from streams.local_entries import LocalEntry
from streams.people import Actor, Role
from streams.records import Category, VehicleDescription

ResultT = TypeVar("ResultT")

EntryId = Annotated[str, typer.Argument(help="Id of the entry, as `hotlist show` tells it.")]
Why = Annotated[str, typer.Option("--reason", help="Why; kept in the entry's history and the audit log.")]
When = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])]
Text = Annotated[str | None, typer.Option()]


def register(app: typer.Typer) -> None:
    """Add the commands to the group `hotlist`."""
    for command in (propose, approve, reject, change, withdraw, pending, show):
        app.command()(command)


def propose(  # noqa: PLR0913 - one parameter for each option of the command
    plate: Annotated[str, typer.Argument(help="A plate; ? is one unknown character, * any number of them.")],
    *,
    by: By,
    requested_by: Annotated[str, typer.Option(help="The officer who asks for the entry.")],
    case: Annotated[str, typer.Option("--case", help="Case number.")],
    synopsis: Annotated[str, typer.Option(help="Short: what the originating call was about.")],
    category: Annotated[Category, typer.Option(help="Why the vehicle is wanted.")],
    state: Annotated[str, typer.Option(help="State or country of issue (KY, DE), or `any`, said outright.")],
    valid_until: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"], help="When it ends, in UTC.")
    ],
    valid_from: When = None,
    instructions: Text = None,
    record_number: Text = None,
    entered_by: Annotated[str | None, typer.Option(help="The entering member, if that is not --by.")] = None,
    make: Text = None,
    model: Text = None,
    color: Text = None,
    year: Text = None,
    style: Text = None,
    marks: Text = None,
    role: AnyRole = Role.MEMBER,
    settings_files: SettingsFiles = None,
) -> None:
    """Enter a wanted vehicle. It becomes active when an administrator other than you approves it."""
    now = datetime.now(UTC)
    described = _described(None, make=make, model=model, color=color, year=year, style=style, marks=marks)
    terms = EntryTerms(
        plate=plate,
        state=state_of(state),
        category=category,
        entered_by=entered_by or by,
        requested_by=requested_by,
        case_number=case,
        synopsis=synopsis,
        instructions=instructions or "",
        record_number=record_number or "",
        vehicle=described,
        valid_from=_utc(valid_from) or now,
        valid_until=_utc(valid_until) or now,
    )
    entry = _with_service(settings_files, lambda service: service.propose(terms, Actor(by, role)))
    Console().print(f"{entry.id}: proposed; it waits for the approval of an administrator other than {by}")


def approve(entry_id: EntryId, *, by: By, role: AnyRole = Role.MEMBER, settings_files: SettingsFiles = None) -> None:
    """Approve an entry, or the change of one: it is active from then on, and the last 30 days are looked through."""
    _tell(_with_service(settings_files, lambda service: service.approve(entry_id, Actor(by, role))))


def reject(
    entry_id: EntryId, *, by: By, reason: Why, role: AnyRole = Role.MEMBER, settings_files: SettingsFiles = None
) -> None:
    """Reject an entry, or the change of one; of the latter, what was approved stays in force."""
    _tell(_with_service(settings_files, lambda service: service.reject(entry_id, Actor(by, role), reason)))


def withdraw(
    entry_id: EntryId, *, by: By, reason: Why, role: AnyRole = Role.MEMBER, settings_files: SettingsFiles = None
) -> None:
    """Take an entry off at once: its author or an administrator does."""
    _tell(_with_service(settings_files, lambda service: service.withdraw(entry_id, Actor(by, role), reason)))


def change(  # noqa: PLR0913 - one parameter for each option of the command
    entry_id: EntryId,
    *,
    by: By,
    requested_by: Text = None,
    case: Text = None,
    synopsis: Text = None,
    category: Annotated[Category | None, typer.Option()] = None,
    state: Text = None,
    valid_until: When = None,
    valid_from: When = None,
    instructions: Text = None,
    record_number: Text = None,
    make: Text = None,
    model: Text = None,
    color: Text = None,
    year: Text = None,
    style: Text = None,
    marks: Text = None,
    role: AnyRole = Role.MEMBER,
    settings_files: SettingsFiles = None,
) -> None:
    """Propose other terms of an active entry; what is not given stays. They too wait for another's approval."""
    given = {
        "requested_by": requested_by,
        "case_number": case,
        "synopsis": synopsis,
        "category": category,
        "valid_until": _utc(valid_until),
        "valid_from": _utc(valid_from),
        "instructions": instructions,
        "record_number": record_number,
    }
    changes: dict[str, object] = {name: value for name, value in given.items() if value is not None}
    if state is not None:
        changes["state"] = state_of(state)
    words = {"make": make, "model": model, "color": color, "year": year, "style": style, "marks": marks}

    def revise(terms: EntryTerms) -> EntryTerms:
        vehicle = _described(terms.vehicle, **words)
        return msgspec.structs.replace(terms, **changes, vehicle=vehicle, entered_by=by)

    if not changes and not any(word is not None for word in words.values()):
        msg = "nothing is to be changed; give what is new, as in --instructions or --valid-until"
        raise EntryRefusedError(msg)
    _tell(_with_service(settings_files, lambda service: service.change(entry_id, revise, Actor(by, role))))


def pending(*, settings_files: SettingsFiles = None) -> None:
    """What waits for approval."""
    Console().print(entry_table(_with_service(settings_files, lambda service: service.waiting()), datetime.now(UTC)))


def show(
    entry_id: Annotated[str | None, typer.Argument(help="One entry with its history; without it, all.")] = None,
    *,
    category: Annotated[
        Category | None, typer.Option(help="Only these, as in amber: that each alert was entered, and when.")
    ] = None,
    settings_files: SettingsFiles = None,
) -> None:
    """One local entry with its history, or all of them."""
    if entry_id is not None:
        Console().print(entry_text(_with_service(settings_files, lambda service: service.get(entry_id))), markup=False)
        return
    terms = {"category": str(category)} if category else {}
    Console().print(entry_table(_with_service(settings_files, lambda service: service.all(**terms)), datetime.now(UTC)))


def _with_service(settings_files: SettingsFiles, act: Callable[[LocalEntryService], Awaitable[ResultT]]) -> ResultT:
    settings = load_settings_and_services(settings_files)

    async def run() -> ResultT:
        async with open_local_entries(settings) as service:
            return await act(service)

    return asyncio.run(run())


def _tell(entry: LocalEntry) -> None:
    waiting = "; a change of it waits for approval" if entry.change else ""
    Console().print(f"{entry.id}: {entry.status}{waiting}")


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


def _described(before: VehicleDescription | None, **words: str | None) -> VehicleDescription | None:
    """The description with the words that are given, in upper case as lists write them; None where nothing is said."""
    given = {name: word.strip().upper() for name, word in words.items() if word is not None}
    described = msgspec.structs.replace(before or VehicleDescription(), **given)
    return described if described != VehicleDescription() else None
