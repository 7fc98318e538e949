"""Local entries as people see them in a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec
from rich.table import Table

from streams.entry_terms import ANY_STATE, EntryTerms
from streams.local_entries import LocalEntry, is_over


def entry_table(entries: Iterable[LocalEntry], now: datetime) -> Table:
    """One line for each entry: what it is, where it stands, since when it was entered and active."""
    table = Table("entry", "status", "plate", "state", "category", "case", "alert", "by", "entered", "active", "until")
    for entry in entries:
        terms = entry.terms
        status = f"{entry.status}, change waits" if entry.change else str(entry.status)
        table.add_row(
            entry.id, "over" if is_over(entry, now) else status, terms.plate, terms.state or ANY_STATE,
            terms.category, terms.case_number, terms.record_number, entry.author, _shown(entry.proposed_at),
            _shown(entry.active_since), _shown(terms.valid_until),
        )  # fmt: skip
    return table


def entry_text(entry: LocalEntry) -> str:
    """All of an entry, line by line: its terms, the change that waits, its history."""
    lines = [f"entry {entry.id}: {entry.status}", *_terms(entry.terms)]
    if entry.change is not None:
        before = _terms(entry.terms)
        lines += [f"change proposed by {entry.change.by}, not in force:"]
        lines += [line for line in _terms(entry.change.terms) if line not in before]
    lines.append("history:")
    for step in entry.steps:
        reason = f": {step.reason}" if step.reason else ""
        lines.append(f"  {_shown(step.at)} {step.kind} by {step.by} ({step.role}){reason}")
    return "\n".join(lines)


def _terms(terms: EntryTerms) -> list[str]:
    told = {
        "plate": terms.plate,
        "state": terms.state or ANY_STATE,
        "category": terms.category,
        "vehicle": " ".join(filter(None, msgspec.structs.astuple(terms.vehicle))) if terms.vehicle else "",
        "entered by": terms.entered_by,
        "requested by": terms.requested_by,
        "case": terms.case_number,
        "alert": terms.record_number,
        "synopsis": terms.synopsis,
        "instructions": terms.instructions,
        "valid": f"{_shown(terms.valid_from)} to {_shown(terms.valid_until)} UTC",
    }
    return [f"  {name}: {value}" for name, value in told.items() if value]


def _shown(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}" if moment else ""
