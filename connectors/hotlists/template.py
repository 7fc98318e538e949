"""What a hot-list file looks like: separators or positions, columns, codes, dates. Read from YAML, checked at birth."""

from __future__ import annotations

import codecs
from enum import StrEnum
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from connectors.hotlists.dates import ISO, date_parser
from streams.records import Category

_NAME = r"^[a-z0-9][a-z0-9-]{0,63}$"


class EntryField(StrEnum):
    """What a column can tell of an entry."""

    PLATE = "plate"
    STATE = "state"
    CATEGORY = "category"
    REASON = "reason"
    INSTRUCTIONS = "instructions"
    CASE_NUMBER = "case_number"
    RECORD_NUMBER = "record_number"
    ENTERED_BY = "entered_by"
    REQUESTED_BY = "requested_by"
    VALID_FROM = "valid_from"
    VALID_UNTIL = "valid_until"
    MAKE = "make"
    MODEL = "model"
    COLOR = "color"
    YEAR = "year"
    STYLE = "style"
    MARKS = "marks"
    ACTION = "action"
    """Of a delta file: whether the row adds, removes or changes its entry."""


DATES = frozenset({EntryField.VALID_FROM, EntryField.VALID_UNTIL})
JOINED = frozenset({EntryField.REASON, EntryField.INSTRUCTIONS, EntryField.MARKS})
"""Fields that several columns may feed; their texts are joined by `; `."""


class RowAction(StrEnum):
    """What a row of a delta file does."""

    ADD = "add"
    REMOVE = "remove"
    CHANGE = "change"


class UnknownCode(StrEnum):
    """What happens to a row whose cell is not in the column's codes."""

    REFUSE = "refuse"
    """The row is refused and told."""
    KEEP = "keep"
    """The cell is taken as it stands, in upper case."""
    BLANK = "blank"
    """The cell counts as empty, so that a default can take its place."""


class Part(StrEnum):
    """Which part of a cell counts, where a dash divides it, as in NCIC's `EV-F`."""

    WHOLE = "whole"
    BEFORE_DASH = "before-dash"
    AFTER_DASH = "after-dash"


class TemplateModel(BaseModel):
    """A part of a template: frozen, and closed to unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Column(TemplateModel):
    """One column of the file and the field that it feeds, found by header, by position, or by start and length."""

    field: EntryField
    header: str | None = None
    """Its name in the first line; case does not count."""
    position: Annotated[int, Field(ge=1)] | None = None
    """Of a delimited file without a header: 1 is the first column."""
    start: Annotated[int, Field(ge=1)] | None = None
    """Of a fixed-width file: 1 is the first character."""
    length: Annotated[int, Field(ge=1)] | None = None
    required: bool = False
    """The header must name it, and a row whose cell is empty is refused."""
    part: Part = Part.WHOLE
    codes: tuple[str | dict[str, str], ...] = ()
    """What each cell means, and names of code tables that ship with Platewatch; later ones win, case does not count."""
    unknown: UnknownCode = UnknownCode.REFUSE
    label: str = ""
    """Put before the text: `Alert level` gives `Alert level: High`."""
    date_format: str = ISO
    """`iso`, or a pattern of YYYY, MM, DD, HH, mm, ss, such as MM/DD/YYYY. A date is never guessed."""

    @field_validator("codes", mode="before")
    @classmethod
    def _list_codes(cls, codes: object) -> object:
        return (codes,) if isinstance(codes, str | dict) else codes

    @field_validator("date_format")
    @classmethod
    def _check_date_format(cls, pattern: str) -> str:
        date_parser(pattern, ZoneInfo("UTC"))
        return pattern

    @model_validator(mode="after")
    def _check_place(self) -> Self:
        named, counted, fixed = self.header is not None, self.position is not None, self.start is not None
        if named + counted + fixed != 1 or fixed != (self.length is not None):
            msg = f"the column of {self.field} needs one of header, position, and start with length"
            raise ValueError(msg)
        return self


class DelimitedLayout(TemplateModel):
    """Cells divided by one character."""

    kind: Literal["delimited"]
    separator: str
    """One character, or `tab`."""
    quote: Annotated[str, Field(max_length=1)] = '"'
    """Encloses cells that hold the separator; empty: no such thing. A quoted cell ends on its line."""
    header: bool = True
    """Whether the first line names the columns."""
    required_header: tuple[str, ...] = ()
    """Names that the first line must have besides those of required columns: another format's file is told by them."""
    extra_columns: Literal["ignore", "refuse"] = "ignore"
    """What a column means that the template does not name: nothing, or that this is another format."""
    short_rows: Literal["refuse", "fill"] = "refuse"
    """Whether a row may leave out its last cells."""

    @field_validator("separator")
    @classmethod
    def _check_separator(cls, separator: str) -> str:
        character = "\t" if separator == "tab" else separator
        if len(character) != 1 or character.isalnum() or character in "\r\n":
            msg = f"separator {separator!r} is not one character; write a sign such as ; or the word tab"
            raise ValueError(msg)
        return character


class FixedWidthLayout(TemplateModel):
    """Cells at fixed places of the line."""

    kind: Literal["fixed-width"]


class PartialPlates(TemplateModel):
    """How the file writes plates of which not all is known. Without this, such plates are refused."""

    one: Annotated[str, Field(min_length=1, max_length=1)] = "?"
    """Stands for one unknown character."""
    any_number: Annotated[str, Field(min_length=1, max_length=1)] = "*"
    """Stands for any number of them."""


class Trailer(TemplateModel):
    """The last line of a file that tells how many rows it has, so that a file that was cut off shows."""

    marker: Annotated[str, Field(min_length=1)]
    """What the line begins with; the digits at its end are the number of rows."""


class HotlistTemplate(TemplateModel):
    """The description of one format of hot-list files."""

    name: Annotated[str, Field(pattern=_NAME)]
    title: str
    """One line for people."""
    layout: Annotated[DelimitedLayout | FixedWidthLayout, Field(discriminator="kind")]
    columns: Annotated[tuple[Column, ...], Field(min_length=1)]
    encoding: str = "utf-8"
    """A byte-order mark in the file goes before it."""
    time_zone: str = "UTC"
    """Of dates and times that do not say theirs."""
    defaults: dict[EntryField, str] = {}
    """Texts for cells that are empty."""
    overrides: dict[EntryField, str] = {}
    """Texts that replace whatever the file says."""
    partial_plates: PartialPlates | None = None
    trailer: Trailer | None = None

    @field_validator("encoding")
    @classmethod
    def _check_encoding(cls, encoding: str) -> str:
        try:
            name = codecs.lookup(encoding).name
        except LookupError:
            msg = f"encoding {encoding!r} is unknown; write utf-8, utf-16, cp1252 or another that Python knows"
            raise ValueError(msg) from None
        return "utf-8" if name == "utf-8-sig" else name

    @field_validator("time_zone")
    @classmethod
    def _check_time_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError):
            msg = f"time_zone {zone!r} is unknown; write a name such as America/New_York"
            raise ValueError(msg) from None
        return zone

    @model_validator(mode="after")
    def _check_columns(self) -> Self:
        fields = [column.field for column in self.columns]
        if EntryField.PLATE not in fields:
            msg = "no column is the plate's; add one with field: plate"
            raise ValueError(msg)
        twice = sorted({field for field in fields if fields.count(field) > 1 and field not in JOINED})
        if twice:
            msg = f"two columns feed {twice[0]}; only {', '.join(sorted(JOINED))} may have several"
            raise ValueError(msg)
        for column in self.columns:
            self._check_column(column)
        for given in (self.defaults, self.overrides):
            self._check_given(given)
        return self

    def _check_column(self, column: Column) -> None:
        if isinstance(self.layout, FixedWidthLayout):
            place, is_found = "start and length", column.start is not None
        elif self.layout.header:
            place, is_found = "header", column.header is not None
        else:
            place, is_found = "position", column.position is not None
        if not is_found:
            msg = f"the column of {column.field} is not found by {place}, as this layout needs"
            raise ValueError(msg)

    def _check_given(self, given: dict[EntryField, str]) -> None:
        wrong = [field for field in given if field in DATES or field in (EntryField.PLATE, EntryField.ACTION)]
        if wrong:
            msg = f"{wrong[0]} cannot be given for all rows; take it out of defaults and overrides"
            raise ValueError(msg)
        category = given.get(EntryField.CATEGORY)
        if category is not None and category not in set(Category):
            msg = f"category {category!r} is unknown; known are: {', '.join(Category)}"
            raise ValueError(msg)

    @property
    def required_header(self) -> frozenset[str]:
        """The names, in lower case, that the first line must have; empty where there is no header."""
        if isinstance(self.layout, FixedWidthLayout) or not self.layout.header:
            return frozenset()
        columns = [column.header for column in self.columns if column.header is not None and column.required]
        return frozenset(name.strip().lower() for name in (*columns, *self.layout.required_header))
