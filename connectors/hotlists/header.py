"""Where a template's columns stand in a file; a file of another format is told by its header."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from connectors.hotlists.conversion import PlacedColumn
from connectors.hotlists.errors import HotlistFileError
from connectors.hotlists.template import Column, DelimitedLayout, HotlistTemplate

_SHOWN = 200
"""Characters of a header that are shown."""


@dataclass(frozen=True, slots=True)
class Placement:
    """The columns that the file has, and how many cells a whole row has."""

    columns: tuple[PlacedColumn, ...]
    width: int


def place_by_header(
    template: HotlistTemplate, header: Sequence[str], path: Path, others: Iterable[HotlistTemplate] = ()
) -> Placement:
    """The columns by the names of the first line.

    Raises:
        HotlistFileError: the header is not that of the template's format; names one of `others` that it fits.
    """
    names = [name.strip().lower() for name in header]
    missing = sorted(template.required_header - set(names))
    if missing:
        shown = ", ".join(name.strip() for name in header)[:_SHOWN]
        msg = f"hot list {path} has no column {missing[0]!r}, so it is not of template {template.name}; its first line "
        msg += f"is: {shown}; {_advice(names, others)}"
        raise HotlistFileError(msg)
    twice = sorted({c.header or "" for c in template.columns if names.count(_name(c)) > 1})
    if twice:
        msg = f"hot list {path} has two columns {twice[0]!r}; rename one"
        raise HotlistFileError(msg)
    known = {_name(column) for column in template.columns}
    unknown = [name for name in names if name and name not in known]  # spreadsheets leave nameless ones behind
    if unknown and isinstance(template.layout, DelimitedLayout) and template.layout.extra_columns == "refuse":
        msg = f"hot list {path} has an unknown column {unknown[0]!r}; template {template.name} knows: "
        msg += ", ".join(dict.fromkeys(c.header or "" for c in template.columns))
        raise HotlistFileError(msg)
    placed = [PlacedColumn(column, names.index(_name(column))) for column in template.columns if _name(column) in names]
    return Placement(tuple(placed), len(names))


def place_by_position(template: HotlistTemplate) -> Placement:
    """The columns by their own positions, of a file that has no header."""
    placed = tuple(PlacedColumn(column, (column.position or 1) - 1) for column in template.columns)
    return Placement(placed, 1 + max(column.index for column in placed))


def place_in_order(template: HotlistTemplate) -> Placement:
    """The columns of a fixed-width file, whose cells come in the order of the template."""
    placed = tuple(PlacedColumn(column, index) for index, column in enumerate(template.columns))
    return Placement(placed, len(placed))


def _name(column: Column) -> str:
    return (column.header or "").strip().lower()


def _advice(names: Sequence[str], others: Iterable[HotlistTemplate]) -> str:
    fitting = [other.name for other in others if other.required_header and other.required_header <= set(names)]
    if fitting:
        return f"it looks like template {' or '.join(sorted(fitting))}"
    return "choose another of `platewatch hotlist templates`, or check the separator"
