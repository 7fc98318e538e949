"""A hot-list file, by its template, to entries and refused rows: streamed, so that five million rows are no trouble."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from connectors.hotlists.cells import CellSplitter, delimited_splitter, fixed_splitter
from connectors.hotlists.conversion import EntryConverter, action_of
from connectors.hotlists.errors import HotlistFileError
from connectors.hotlists.header import Placement, place_by_header, place_by_position, place_in_order
from connectors.hotlists.hotlist_file import HotlistFile, LoadMode
from connectors.hotlists.lines import TextLines, UnusableLine
from connectors.hotlists.row_collector import RowCollector
from connectors.hotlists.template import DelimitedLayout, EntryField, HotlistTemplate, RowAction
from recognizers.fold import normalise
from streams.records import Category

_LAST_NUMBER = re.compile(r"(\d+)\D*$")
_LONGEST_PLATE = 10


@dataclass(frozen=True, slots=True)
class _RowShape:
    """How a line becomes cells, and which of them feed which field."""

    split: CellSplitter
    placement: Placement


class HotlistLoader:
    """Reads files of one format for one list."""

    def __init__(
        self,
        template: HotlistTemplate,
        hotlist: str,
        *,
        category: Category | None = None,
        mode: LoadMode = LoadMode.FULL,
        others: Sequence[HotlistTemplate] = (),
    ) -> None:
        """`category` is that of rows that say none; a file that fits one of `others` instead is told so."""
        self._template = template
        self._hotlist = hotlist
        self._category = category
        self._mode = mode
        self._others = others

    def read(self, path: Path, now: datetime) -> HotlistFile:
        """What the file holds; entries that are over at `now` are counted and left out.

        Raises:
            HotlistFileError: the file cannot be read, is cut off, is of another format, or holds no usable row.
        """
        if self._mode is LoadMode.DELTA and all(c.field is not EntryField.ACTION for c in self._template.columns):
            msg = f"template {self._template.name} has no column with the action of a row; "
            msg += "load added and removed rows from files of their own (--mode additions, --mode removals)"
            raise HotlistFileError(msg)
        lines = TextLines(path, self._template.encoding)
        numbered = iter(lines)
        shape = self._shape(path, lines, numbered)
        columns = shape.placement.columns
        converter = EntryConverter(self._template, columns, hotlist=self._hotlist, category=self._category, now=now)
        return _Reading(path, self._template, shape=shape, converter=converter, mode=self._mode).rows(lines, numbered)

    def _shape(self, path: Path, lines: TextLines, numbered: Iterator[str | UnusableLine]) -> _RowShape:
        layout = self._template.layout
        if not isinstance(layout, DelimitedLayout):
            places = [((c.start or 1) - 1, (c.start or 1) - 1 + (c.length or 0)) for c in self._template.columns]
            return _RowShape(fixed_splitter(places), place_in_order(self._template))
        split = delimited_splitter(layout)
        if not layout.header:
            return _RowShape(split, place_by_position(self._template))
        for line in numbered:
            if isinstance(line, UnusableLine):
                msg = f"hot list {path}, line {lines.number}: {line.fault}, so its header cannot be read; mend the file"
                raise HotlistFileError(msg)
            if line.strip():
                header = _header_cells(path, split, line)
                return _RowShape(split, place_by_header(self._template, header, path, self._others))
        msg = f"hot list {path} has no line with text; fetch it again"
        raise HotlistFileError(msg)


def _header_cells(path: Path, split: CellSplitter, line: str) -> list[str]:
    try:
        return split(line)
    except ValueError as error:
        msg = f"hot list {path}: {error}, in its header; mend the file"
        raise HotlistFileError(msg) from error


class _Reading:
    """One pass over the rows of one file."""

    def __init__(
        self, path: Path, template: HotlistTemplate, *, shape: _RowShape, converter: EntryConverter, mode: LoadMode
    ) -> None:
        layout = template.layout
        delimited = layout if isinstance(layout, DelimitedLayout) else None
        self._path = path
        self._mode = mode
        self._split = shape.split
        self._width = shape.placement.width
        self._plate_index = next(c.index for c in shape.placement.columns if c.column.field is EntryField.PLATE)
        self._converter = converter
        self._collector = RowCollector(path, template.name, mode)
        self._marker = template.trailer.marker if template.trailer else None
        self._told_rows: int | None = None
        self._fills = delimited is not None and delimited.short_rows == "fill"
        # Without a header, cells beyond the last column that counts may be there or not.
        self._bounded = delimited is not None and (delimited.header or delimited.extra_columns == "refuse")
        self._cells = self._width
        """How many the last row had."""

    def rows(self, lines: TextLines, numbered: Iterator[str | UnusableLine]) -> HotlistFile:
        collector, marker = self._collector, self._marker
        is_whole = True
        for line in numbered:
            is_whole = True
            if isinstance(line, UnusableLine):
                is_whole = False
                collector.refuse(lines.number, line.fault)
            elif marker is not None and line.startswith(marker):
                self._take_trailer(line, lines.number)
            elif line and not line.isspace():
                cells_before = self._cells
                try:
                    self._take(line)
                    is_whole = self._cells >= cells_before
                except ValueError as error:
                    is_whole = not self._refuse(lines.number, line, str(error))
        if not is_whole and not lines.ends_with_line_break:
            msg = f"hot list {self._path} is cut off in line {lines.number}; fetch it again, or end its last row with "
            msg += "a line break if it is whole"
            raise HotlistFileError(msg)
        self._check_trailer()
        return collector.finish(lines.sha256)

    def _take(self, line: str) -> None:
        if self._told_rows is not None:
            msg = "it stands after the last line, which tells the number of rows"
            raise ValueError(msg)
        cells = self._split(line)
        self._cells = len(cells)
        if self._cells != self._width:
            cells = self._fitted(cells)
        values = self._converter.values(cells)
        action = action_of(values)
        if self._mode is LoadMode.FULL:
            if action not in (None, RowAction.ADD):
                msg = f"its action is {action}; load a file of changes with --delta"
                raise ValueError(msg)
            entry = self._converter.entry(values)
            self._collector.expire() if entry is None else self._collector.add(entry)
        else:
            self._take_change(values, self._action(action))

    def _take_change(self, values: dict[str, str], action: RowAction) -> None:
        if action is RowAction.REMOVE:
            self._collector.change(self._converter.removal(values))
            return
        entry = self._converter.entry(values)
        # A changed entry may have another state or category, and so another id: the one before must go.
        replaced = [self._converter.replaced(values)] if action is RowAction.CHANGE else []
        if entry is None and not replaced:
            self._collector.expire()
        else:
            self._collector.change(*replaced, *([entry] if entry else []))

    def _action(self, told: RowAction | None) -> RowAction:
        if self._mode is LoadMode.ADDITIONS:
            return RowAction.ADD
        if self._mode is LoadMode.REMOVALS:
            return RowAction.REMOVE
        if told is None:
            msg = f"the action is missing; write one of {', '.join(RowAction)}"
            raise ValueError(msg)
        return told

    def _fitted(self, cells: list[str]) -> list[str]:
        if len(cells) < self._width and self._fills:
            return cells + [""] * (self._width - len(cells))
        if len(cells) < self._width or self._bounded:
            msg = f"it has {len(cells)} cells where {self._width} belong; a separator in a text needs quotes around it"
            raise ValueError(msg)
        return cells

    def _refuse(self, number: int, line: str, reason: str) -> bool:
        """Whether it was a row at all: a line of separators alone is what spreadsheets leave behind."""
        try:
            cells = self._split(line)
        except ValueError:
            cells = []
        if cells and not any(cell.strip() for cell in cells):
            return False
        plate = normalise(cells[self._plate_index]) if len(cells) > self._plate_index else ""
        self._collector.refuse(number, reason, plate[:_LONGEST_PLATE])
        return True

    def _take_trailer(self, line: str, number: int) -> None:
        found = _LAST_NUMBER.search(line)
        if found is None:
            msg = f"hot list {self._path}, line {number}: the last line tells no number of rows; fetch it again"
            raise HotlistFileError(msg)
        self._told_rows = int(found.group(1))

    def _check_trailer(self) -> None:
        if self._marker is None:
            return
        if self._told_rows is None:
            msg = f"hot list {self._path} is cut off: its last line, {self._marker}…, is missing; fetch it again"
            raise HotlistFileError(msg)
        if self._told_rows != self._collector.rows:
            msg = f"hot list {self._path} has {self._collector.rows:,} rows, but its last line tells "
            msg += f"{self._told_rows:,}; fetch it again"
            raise HotlistFileError(msg)
