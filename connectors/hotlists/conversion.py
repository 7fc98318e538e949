"""A row's cells to an entry: codes looked up, dates read, defaults filled in. One converter for one file."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from connectors.hotlists.code_tables import resolve_codes
from connectors.hotlists.dates import ParsedMoment, date_parser, end_of
from connectors.hotlists.errors import HotlistTemplateError
from connectors.hotlists.hotlist_file import Removal
from connectors.hotlists.plates import parse_plate
from connectors.hotlists.template import (
    DATES,
    Column,
    EntryField,
    HotlistTemplate,
    Part,
    RowAction,
    UnknownCode,
)
from streams.records import Category, HotlistEntry, VehicleDescription

_STATE = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")
_SHOWN = 40
"""Characters of a refused cell that are shown."""

_CATEGORIES = {category.value: category for category in Category}
_ACTIONS = {action.value: action for action in RowAction}
_BLANK = {field.value: "" for field in EntryField}

Decoder = Callable[[str], str]
"""Gives the field's text of a cell, without blanks around it."""


@dataclass(frozen=True, slots=True)
class PlacedColumn:
    """A column of the template, and where it stands in this file's rows."""

    column: Column
    index: int


class EntryConverter:
    """Makes entries of rows. `category` is the list's own, for rows that say none; `now` tells what is over."""

    def __init__(
        self,
        template: HotlistTemplate,
        columns: Sequence[PlacedColumn],
        *,
        hotlist: str,
        category: Category | None,
        now: datetime,
    ) -> None:
        self._hotlist = hotlist
        self._id_prefix = f"entry\x1f{hotlist}\x1f"
        self._now = now
        self._partial = template.partial_plates
        self._zone = ZoneInfo(template.time_zone)
        columns_of = Counter(placed.column.field for placed in columns)
        self._plain: list[tuple[int, str]] = []
        """Columns whose cells are taken as they stand; most are, and a row should cost a few microseconds."""
        self._decoded: list[tuple[int, str, Decoder]] = []
        for placed in columns:
            decode, name = _decoder(placed.column), placed.column.field.value
            if decode is None and columns_of[placed.column.field] == 1:
                self._plain.append((placed.index, name))
            else:
                self._decoded.append((placed.index, name, decode or str.strip))
        self._required = [placed.column.field.value for placed in columns if placed.column.required]
        self._defaults = {field.value: text for field, text in template.defaults.items()}
        if category is not None:
            self._defaults.setdefault(EntryField.CATEGORY.value, category.value)
        self._overrides = {field.value: text for field, text in template.overrides.items()}
        self._dates = {
            placed.column.field.value: date_parser(placed.column.date_format, self._zone)
            for placed in columns
            if placed.column.field in DATES
        }

    def values(self, cells: Sequence[str]) -> dict[str, str]:
        """What the row itself says of each field, an empty text where nothing; the plate is normalised.

        Raises:
            ValueError: a code is unknown, or the plate is none.
        """
        values = _BLANK.copy()
        for index, name in self._plain:
            values[name] = cells[index].strip()
        for index, name, decode in self._decoded:
            if text := decode(cells[index]):
                values[name] = f"{values[name]}; {text}" if values[name] else text
        values["plate"] = parse_plate(values["plate"], self._partial)
        return values

    def entry(self, values: dict[str, str]) -> HotlistEntry | None:
        """The entry that the values make, with the template's defaults; None where its time is over.

        Raises:
            ValueError: something required or the category is missing, or a date is none.
        """
        for name in self._required:
            if not values[name] and name not in self._defaults:
                msg = f"the {name} is missing"
                raise ValueError(msg)
        for name, text in self._defaults.items():
            if not values[name]:
                values[name] = text
        if self._overrides:
            values.update(self._overrides)
        plate, state = values["plate"], values["state"]
        category = _category(values["category"])
        record_number, case_number = values["record_number"], values["case_number"]
        valid_from, valid_until = self._moments(values)
        if valid_until is not None and valid_until <= self._now:
            return None
        return HotlistEntry(
            id=self._id(plate, state, category, record_number or case_number),
            hotlist=self._hotlist,
            plate=plate,
            category=category,
            state=state or None,
            vehicle=_vehicle(values),
            record_number=record_number,
            entered_by=values["entered_by"],
            requested_by=values["requested_by"],
            reason=values["reason"],
            instructions=values["instructions"],
            case_number=case_number,
            valid_from=valid_from,
            valid_until=valid_until,
        )

    def _id(self, plate: str, state: str, category: Category, number: str) -> str:
        """The same row gives the same id at every load, so its windows and alerts go on."""
        # As `event_id("entry", hotlist, …)` gives it, at a third of its time: a list has millions of rows.
        text = f"{self._id_prefix}{plate}\x1f{state}\x1f{category}\x1f{number}"
        return hashlib.blake2b(text.encode(), digest_size=13).hexdigest()

    def removal(self, values: Mapping[str, str]) -> Removal:
        """What the values take off the list.

        Raises:
            ValueError: the category is unknown.
        """
        category = _category(values["category"]) if values["category"] else None
        return Removal(
            values["plate"], values["state"] or None, category, values["record_number"], values["case_number"]
        )

    def replaced(self, values: Mapping[str, str]) -> Removal:
        """What a changed row replaces: its record if it has a number, else all of its plate and state."""
        return Removal(values["plate"], values["state"] or None, None, values["record_number"], values["case_number"])

    def _moments(self, values: Mapping[str, str]) -> tuple[datetime | None, datetime | None]:
        first = last = None
        if text := values["valid_from"]:
            first = self._moment("valid_from", text)[0]
        if text := values["valid_until"]:
            last = end_of(self._moment("valid_until", text), self._zone)
            if first is not None and last <= first:
                msg = "it is over before it begins: valid_until is not after valid_from"
                raise ValueError(msg)
        return first, last

    def _moment(self, name: str, text: str) -> ParsedMoment:
        try:
            return self._dates[name](text)
        except ValueError as error:
            msg = f"{name} {error}"
            raise ValueError(msg) from None


def action_of(values: Mapping[str, str]) -> RowAction | None:
    """What the row does; None where it does not say.

    Raises:
        ValueError: there is no such action.
    """
    text = values["action"]
    if not text:
        return None
    action = _ACTIONS.get(text.lower())
    if action is None:
        msg = f"action {text[:_SHOWN]!r} is unknown; known are: {', '.join(_ACTIONS)}"
        raise ValueError(msg)
    return action


def _category(text: str) -> Category:
    category = _CATEGORIES.get(text) or _CATEGORIES.get(text.lower())
    if category is None:
        if not text:
            msg = "the category is missing, and the list has none of its own; give one with --category"
            raise ValueError(msg)
        msg = f"category {text[:_SHOWN]!r} is unknown; known are: {', '.join(Category)}"
        raise ValueError(msg)
    return category


def _vehicle(values: Mapping[str, str]) -> VehicleDescription | None:
    make, model, color = values["make"], values["model"], values["color"]
    year, style, marks = values["year"], values["style"], values["marks"]
    if not (make or model or color or year or style or marks):
        return None
    return VehicleDescription(
        make=make.upper(), model=model.upper(), color=color.upper(), year=year, style=style.upper(), marks=marks
    )


def check_codes(template: HotlistTemplate) -> None:
    """Find at once what would otherwise show with a row.

    Raises:
        HotlistTemplateError: a code table is unknown, or a code stands for a category that there is not.
    """
    for column in template.columns:
        codes = resolve_codes(column.codes)
        if column.field is EntryField.CATEGORY and (wrong := sorted(set(codes.values()) - _CATEGORIES.keys())):
            msg = f"category {wrong[0]!r} is unknown; known are: {', '.join(_CATEGORIES)}"
            raise HotlistTemplateError(msg)
        if column.field is EntryField.ACTION and (wrong := sorted(set(codes.values()) - _ACTIONS.keys())):
            msg = f"action {wrong[0]!r} is unknown; known are: {', '.join(_ACTIONS)}"
            raise HotlistTemplateError(msg)


def _decoder(column: Column) -> Decoder | None:
    """What makes the field's text of a cell's; None where it is the cell's own."""
    codes = resolve_codes(column.codes)
    if not codes and not column.label and column.part is Part.WHOLE and column.field is not EntryField.STATE:
        return None
    label = f"{column.label}: " if column.label else ""

    # A list has few states, colours and makes: almost every row finds its texts here.
    @lru_cache(maxsize=4096)
    def decode(cell: str) -> str:
        text = _part(cell.strip(), column.part)
        if not text:
            return ""
        found = codes.get(text.upper())
        if found is None and codes:
            if column.unknown is UnknownCode.BLANK:
                return ""
            if column.unknown is UnknownCode.REFUSE:
                msg = f"{column.field} {text[:_SHOWN]!r} is not among the template's codes; add it there"
                raise ValueError(msg)
            text = text.upper()
        text = found or text
        return label + (_state(text, codes) if column.field is EntryField.STATE else text)

    return decode


def _part(cell: str, part: Part) -> str:
    if part is Part.WHOLE:
        return cell
    before, _, after = cell.partition("-")
    return (before if part is Part.BEFORE_DASH else after).strip()


def _state(text: str, codes: Mapping[str, str]) -> str:
    state = text.upper()
    known_states = {code for code in codes.values() if code.startswith("US-")}
    if _STATE.fullmatch(state) is None or (state.startswith("US-") and known_states and state not in known_states):
        msg = f"state {text[:_SHOWN]!r} is unknown; write it as KY, US-KY or, of another country, as PL"
        raise ValueError(msg)
    return state
