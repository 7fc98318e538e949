"""Which partial entries a read may be: the patterns of a list that match any of its texts. Pure.

A pattern is a folded plate with `?` for one unknown character and `*` for any number of them. One with at most one `*`
is, at each length of text, a row of known and unknown characters. For each length there is a numbered group of the
patterns that can be that long, and for each position and character the set of those that allow it there, as the bits of
one whole number. The sets of a text's characters, intersected, are its matches: as many operations as the text has
characters, each over all patterns at once. A pattern with more stars is found by the longest run of characters between
two of them, and then compared; those are few.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from recognizers.fold import fold

ONE, ANY = "?", "*"
"""One unknown character; any number of them, also none."""

_INDEXED = range(1, 17)
"""Lengths of texts that have a group, made when a text of that length first comes. No plate is longer; whatever is,
is compared with each pattern, so that a garbled text cannot make groups without end."""


def fold_pattern(plate: str) -> str:
    """The pattern in the spelling of the look-up: folded, its unknown characters kept, `**` made `*`."""
    folded = "".join(character if character in (ONE, ANY) else fold(character) for character in plate)
    # Between stars only the number of unknown characters counts, so they go in front of one star.
    return re.sub(r"[?*]*\*[?*]*", lambda run: ONE * run[0].count(ONE) + ANY, folded)


def matches(pattern: str, text: str) -> bool:
    """Whether a folded text fits a folded pattern."""
    return _expression(pattern).fullmatch(text) is not None


@lru_cache(maxsize=32_768)  # more partial entries than a region has; compiling one takes as long as a look-up
def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile("".join({ONE: ".", ANY: ".*"}.get(each, re.escape(each)) for each in pattern), re.DOTALL)


@dataclass(frozen=True, slots=True)
class Found:
    """What a look-up found, and what it cost."""

    places: tuple[int, ...]
    """Of the patterns that match, in the order that the index was given, each once."""
    checked: int
    """Patterns that had to be compared character by character."""


class PartialIndex:
    """The patterns of one list. Immutable but for groups that are made at first use; used by one thread at a time.

    Args:
        patterns: folded (`fold_pattern`); a pattern's place among them is what a look-up gives.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        self._patterns = list(patterns)
        self._rows = [
            (place, _Row.of(pattern)) for place, pattern in enumerate(self._patterns) if pattern.count(ANY) <= 1
        ]
        self._groups: dict[int, _Group] = {}
        self._runs: defaultdict[int, defaultdict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        for place, pattern in enumerate(self._patterns):
            if pattern.count(ANY) > 1:
                run = _longest_run(pattern)
                self._runs[len(run)][run].append(place)

    def __len__(self) -> int:
        """How many patterns there are."""
        return len(self._patterns)

    def prepare(self, lengths: Iterable[int]) -> None:
        """Make the groups of these lengths now, so that no look-up waits for them."""
        for length in lengths:
            self._group(length)

    def find(self, texts: Sequence[str]) -> Found:
        """The patterns that match any of the folded texts."""
        found: set[int] = set()
        compared = list(self._with_run(texts))
        masks: defaultdict[int, int] = defaultdict(int)
        for text in texts:
            if len(text) in _INDEXED:
                masks[len(text)] |= self._group(len(text)).matches(text)
            else:
                compared += [place for place, _ in self._rows]
        for length, mask in masks.items():
            places = self._groups[length].places
            found.update(places[number] for number in _bits(mask))
        checked = [place for place in dict.fromkeys(compared) if place not in found]
        found.update(place for place in checked if any(matches(self._patterns[place], text) for text in texts))
        return Found(tuple(sorted(found)), len(checked))

    def _with_run(self, texts: Sequence[str]) -> Iterator[int]:
        """Those of more than one star whose run of characters stands somewhere in a text."""
        for size, places in self._runs.items():
            runs = {text[start : start + size] for text in texts for start in range(len(text) - size + 1)}
            for run in places.keys() & runs:
                yield from places[run]

    def _group(self, length: int) -> _Group:
        group = self._groups.get(length)
        if group is None:
            fitting = [(place, row) for place, row in self._rows if row.can_be(length)]
            group = self._groups[length] = _Group(length, fitting)
        return group


@dataclass(frozen=True, slots=True)
class _Row:
    """A pattern of at most one star, taken apart."""

    head: str
    """Up to the star."""
    tail: str
    """From behind it; empty where there is none."""
    has_star: bool

    @classmethod
    def of(cls, pattern: str) -> _Row:
        head, star, tail = pattern.partition(ANY)
        return cls(head, tail, bool(star))

    def can_be(self, length: int) -> bool:
        known = len(self.head) + len(self.tail)
        return known <= length if self.has_star else known == length

    def anchors(self, length: int) -> Iterator[tuple[int, str]]:
        """The characters that a text of this length must have, and where."""
        yield from ((place, each) for place, each in enumerate(self.head) if each != ONE)
        start = length - len(self.tail)
        yield from ((start + place, each) for place, each in enumerate(self.tail) if each != ONE)


class _Group:
    """The rows that can match texts of one length. A set of them is a whole number: bit n is row n."""

    def __init__(self, length: int, rows: Sequence[tuple[int, _Row]]) -> None:
        self.places = [place for place, _ in rows]
        """Where each row of the group stands in the list."""
        known = [defaultdict[str, _Bits](lambda: _Bits(len(rows))) for _ in range(length)]
        anchored = [_Bits(len(rows)) for _ in range(length)]
        for number, (_, row) in enumerate(rows):
            for place, character in row.anchors(length):
                known[place][character].add(number)
                anchored[place].add(number)
        everything = (1 << len(rows)) - 1
        self._free = [everything & ~bits.number() for bits in anchored]
        """For each position the rows that allow any character."""
        self._allowed = [
            {character: bits.number() | free for character, bits in by_character.items()}
            for by_character, free in zip(known, self._free, strict=True)
        ]

    def matches(self, text: str) -> int:
        """The rows that the text fits."""
        mask = -1
        for place, character in enumerate(text):
            mask &= self._allowed[place].get(character, self._free[place])
            if not mask:
                break
        return mask


class _Bits:
    """A set of small numbers while it is filled: a whole number would be copied at each one."""

    def __init__(self, size: int) -> None:
        self._bytes = bytearray((size + 7) // 8)

    def add(self, number: int) -> None:
        self._bytes[number >> 3] |= 1 << (number & 7)

    def number(self) -> int:
        return int.from_bytes(self._bytes, "little")


def _longest_run(pattern: str) -> str:
    """The longest run of known characters between two stars; empty where there is none."""
    between = pattern.split(ANY)[1:-1]
    return max((run for part in between for run in part.split(ONE)), key=len)


def _bits(mask: int) -> Iterator[int]:
    while mask:
        highest = mask.bit_length() - 1
        yield highest
        mask ^= 1 << highest
