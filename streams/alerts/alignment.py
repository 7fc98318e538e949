"""The wanted plate and the one that was read, character under character, so that a person sees what differs. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from streams.partial_index import ANY, ONE


@dataclass(frozen=True, slots=True)
class AlignedCharacter:
    """One place of both plates; "" where one of them has nothing there."""

    wanted: str
    read: str

    @property
    def differs(self) -> bool:
        """Whether what was read cannot be what is wanted there."""
        if self.wanted == ANY:
            return False
        return not self.read if self.wanted == ONE else self.wanted != self.read


def align(wanted: str, read: str) -> tuple[AlignedCharacter, ...]:
    """Both plates in as few differences as possible.

    Args:
        wanted: a plate; of a partial entry with `?` for one unknown character and `*` for any number of them, which
            stands beside each character that it takes.
        read: a plate.
    """

    @cache
    def best(i: int, j: int) -> tuple[int, int, tuple[AlignedCharacter, ...]]:
        """Of what is left of both: how many places differ, how many are not alike to the letter, and the places."""
        if i == len(wanted) and j == len(read):
            return 0, 0, ()
        steps = []
        if i < len(wanted) and j < len(read):
            steps.append((i + 1, j + 1))
        if i < len(wanted):
            steps.append((i + 1, j))
        if j < len(read):
            # A star stays where it is while it takes characters.
            steps.append((i, j + 1))
        ways = []
        for to_i, to_j in steps:
            star = i < len(wanted) and wanted[i] == ANY
            place = AlignedCharacter(wanted[i : i + 1] if star else wanted[i:to_i], read[j:to_j])
            differing, unlike, rest = best(to_i, to_j)
            ways.append((differing + place.differs, unlike + (place.wanted != place.read), (place, *rest)))
        return min(ways, key=lambda way: (way[0], way[1], len(way[2])))

    return best(0, 0)[2]
