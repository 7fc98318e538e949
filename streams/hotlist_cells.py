"""Entries of a hot list as few bytes: a cell holds all entries of one folded plate.

A cell is MessagePack: an array of entries, each an array of its fields in the order of `_pack`, cut after the last one
that says something. A text that repeats among the entries is a number, its place in the list's table of texts; an id
of `records.event_id` is its 13 bytes. A million entries of a typical extract take some 50 bytes each this way, where
JSON takes 300.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from streams.records import Category, HotlistEntry, VehicleDescription

CELL_VERSION = 1
"""Raised whenever the layout changes: cells of another version must not be read."""

_MOST_TEXTS = 50_000
"""Texts of one table. Each reader keeps the table in memory (some 5 MB at most) and fetches it in one piece."""

_MOST_UNSURE = 200_000
"""Texts seen once that are remembered in case they repeat: some 20 MB while a list is loaded."""

_RAW_ID = re.compile(r"[0-9a-f]{26}")

# A packed text: None for the empty one, a number of the table, or the text itself.
_PackedText = str | int | None
_Packed = list[Any]


class CellError(ValueError):
    """The bytes are no cell of this version."""


class TextTable:
    """The texts that repeat in one list, by number, built while its entries are packed.

    A text gets a number when it comes for the second time, so that the commonest have the smallest, which are one byte.
    """

    def __init__(self) -> None:
        self.texts: list[str] = []
        """All of them; a text's place is its number."""
        self._numbers: dict[str, int] = {}
        self._unsure: set[str] = set()

    def pack(self, text: str) -> _PackedText:
        """The number of a known text, or the text; a text that comes again becomes known."""
        if not text:
            return None
        number = self._numbers.get(text)
        if number is not None:
            return number
        if text not in self._unsure:
            if len(self._unsure) < _MOST_UNSURE:
                self._unsure.add(text)
        elif len(self._numbers) < _MOST_TEXTS:
            self._unsure.discard(text)
            self._numbers[text] = len(self.texts)
            self.texts.append(text)
            return self._numbers[text]
        return text


class FrozenTexts:
    """A table as it was loaded. What it lacks is written out: readers keep the table, so it may not grow."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._numbers = {text: number for number, text in enumerate(texts)}

    def pack(self, text: str) -> _PackedText:
        """The number of a text of the table, or the text."""
        return self._numbers.get(text, text) if text else None


_FIELDS = 14
_VEHICLE = VehicleDescription.__struct_fields__
_encode = msgspec.msgpack.Encoder().encode
_cells = msgspec.msgpack.Decoder(list[list[Any]])


def pack_cell(entries: Iterable[HotlistEntry], *, hotlist: str, plate: str, table: TextTable | FrozenTexts) -> bytes:
    """The cell of all entries of one folded plate.

    Args:
        entries: of that plate.
        hotlist: name of the list; entries that bear it do not store it.
        plate: folded; entries that are spelt like it do not store their plate. Empty for partial entries.
        table: of the list's texts.
    """
    return _encode([_pack(entry, hotlist, plate, table) for entry in entries])


def unpack_cell(cell: bytes, *, hotlist: str, plate: str, texts: Sequence[str]) -> list[HotlistEntry]:
    """The entries of a cell.

    Raises:
        CellError: it was written by another version, or with another table.
    """
    try:
        return [_unpack(packed, hotlist, plate, texts) for packed in _cells.decode(cell)]
    except (msgspec.DecodeError, msgspec.ValidationError, IndexError, TypeError, ValueError) as error:
        msg = f"an entry of hot list {hotlist} cannot be read ({error})"
        raise CellError(msg) from error


def _pack(entry: HotlistEntry, hotlist: str, plate: str, table: TextTable | FrozenTexts) -> _Packed:
    text = table.pack
    packed = [
        bytes.fromhex(entry.id) if _RAW_ID.fullmatch(entry.id) else entry.id,
        text(entry.category),
        text(entry.state) if entry.state else entry.state,  # "" is not None: any state
        entry.record_number or None,
        entry.case_number or None,
        _pack_vehicle(entry.vehicle, table) if entry.vehicle else None,
        text(entry.reason),
        None if entry.plate == plate else entry.plate,
        _pack_moment(entry.valid_until),
        text(entry.instructions),
        _pack_moment(entry.valid_from),
        text(entry.entered_by),
        text(entry.requested_by),
        None if entry.hotlist == hotlist else entry.hotlist,
    ]
    while packed[-1] is None:
        packed.pop()
    return packed


def _unpack(packed: _Packed, hotlist: str, plate: str, texts: Sequence[str]) -> HotlistEntry:
    (
        id_, category, state, record, case, vehicle, reason,
        own_plate, until, instructions, since, author, officer, name,
    ) = packed + [None] * (_FIELDS - len(packed))  # fmt: skip

    def text(value: _PackedText) -> str:
        if value is None:
            return ""
        return texts[value] if isinstance(value, int) else value

    return HotlistEntry(
        id=id_.hex() if isinstance(id_, bytes) else id_,
        hotlist=hotlist if name is None else name,
        plate=plate if own_plate is None else own_plate,
        category=Category(text(category)),
        state=None if state is None else text(state),
        vehicle=None
        if vehicle is None
        else VehicleDescription(**dict(zip(_VEHICLE, map(text, vehicle), strict=False))),
        record_number=record or "",
        entered_by=text(author),
        requested_by=text(officer),
        reason=text(reason),
        instructions=text(instructions),
        case_number=case or "",
        valid_from=_unpack_moment(since),
        valid_until=_unpack_moment(until),
    )


def _pack_vehicle(vehicle: VehicleDescription, table: TextTable | FrozenTexts) -> list[_PackedText]:
    packed = [table.pack(getattr(vehicle, field)) for field in _VEHICLE]
    while packed and packed[-1] is None:
        packed.pop()
    return packed


def _pack_moment(moment: datetime | None) -> str | int | None:
    # Most are whole seconds, which are five bytes; the others keep what they have.
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat() if moment.microsecond else int(moment.timestamp())


def _unpack_moment(packed: str | int | None) -> datetime | None:
    if packed is None:
        return None
    return datetime.fromisoformat(packed) if isinstance(packed, str) else datetime.fromtimestamp(packed, UTC)
