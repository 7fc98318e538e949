"""All entries of a list, packed into cells: what a load writes. Pure; a million entries take some five seconds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from recognizers.fold import fold
from streams.hotlist_cells import TextTable, pack_cell, unpack_cell
from streams.records import HotlistEntry


@dataclass(frozen=True, slots=True)
class PackedHotlist:
    """A list as Redis keeps it."""

    cells: dict[str, bytes]
    """By folded plate."""
    partials: dict[str, bytes]
    """By entry id, each a cell of one entry."""
    texts: bytes
    """The table of texts, a MessagePack array."""
    entries: int

    def digest(self) -> str:
        """Twelve hexadecimal digits that change with the content or its order."""
        digest = hashlib.blake2b(self.texts, digest_size=6)
        for part in (self.cells, self.partials):
            for name, cell in part.items():
                digest.update(name.encode())
                digest.update(cell)
        return digest.hexdigest()


def pack_hotlist(hotlist: str, entries: Iterable[HotlistEntry]) -> PackedHotlist:
    """The entries, packed; of those with one id under one plate the last counts.

    Args:
        hotlist: name of the list.
        entries: taken one at a time, so they need not be in memory together.
    """
    table = TextTable()
    cells: dict[str, bytes] = {}
    partials: dict[str, bytes] = {}
    shared: dict[str, dict[str, HotlistEntry]] = {}  # by plate and id, of plates that came more than once
    for entry in entries:
        if entry.is_partial:
            partials[entry.id] = pack_cell([entry], hotlist=hotlist, plate="", table=table)
            continue
        plate = fold(entry.plate)
        if plate not in cells:
            cells[plate] = pack_cell([entry], hotlist=hotlist, plate=plate, table=table)
            continue
        if plate not in shared:
            first = unpack_cell(cells[plate], hotlist=hotlist, plate=plate, texts=table.texts)
            shared[plate] = {one.id: one for one in first}
        shared[plate][entry.id] = entry
    for plate, listed in shared.items():
        cells[plate] = pack_cell(listed.values(), hotlist=hotlist, plate=plate, table=table)
    count = len(cells) - len(shared) + sum(map(len, shared.values())) + len(partials)
    return PackedHotlist(cells, partials, msgspec.msgpack.encode(table.texts), count)
