"""A line's cells: divided by a character, with quotes, or by their places."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence

from connectors.hotlists.template import DelimitedLayout

CellSplitter = Callable[[str], list[str]]
"""Gives the cells of a line. Raises ValueError with a reason where the line's quotes are wrong."""


def delimited_splitter(layout: DelimitedLayout) -> CellSplitter:
    """Cells by the layout's separator; what stands in quotes may hold it."""
    separator, quote = layout.separator, layout.quote

    def split(line: str) -> list[str]:
        if not quote or quote not in line:
            return line.split(separator)
        try:
            return next(csv.reader((line,), delimiter=separator, quotechar=quote, strict=True, skipinitialspace=True))
        except csv.Error:
            msg = f"a {quote} opens or closes in the wrong place; a quoted cell ends on its line, and a {quote} in it "
            msg += "is written twice"
            raise ValueError(msg) from None

    return split


def fixed_splitter(places: Sequence[tuple[int, int]]) -> CellSplitter:
    """Cells by start (from 0) and end; a line that is shorter has empty cells."""

    def split(line: str) -> list[str]:
        return [line[start:end] for start, end in places]

    return split
