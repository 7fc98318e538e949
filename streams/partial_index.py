"""Which partial entries a read may be: the patterns of a list that match any of its texts. Pure.

A pattern is a folded plate with `?` for one unknown character and `*` for any number of them. For each length of text
there is a numbered group of the patterns that can be that long, and for each position and character the set of those
that allow it there, as the bits of one whole number. The sets of a text's characters, intersected, are its matches:
as many operations as it has characters, each over all patterns at once. A pattern with one `*` is a fixed one at each
length, so its bits are exact. Of one with more, the bits hold what stands before the first and after the last; what
stands between is narrowed by the longest run of its characters, and then checked.
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


@lru_cache(maxsize=4096)
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
        self._patterns = [_Pattern.of(pattern) for pattern in patterns]
        self._groups: dict[int, _Group] = {}

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
        checked = 0
        masks: defaultdict[int, int] = defaultdict(int)
        for text in texts:
            if len(text) not in _INDEXED:
                checked += len(self._patterns)
                found.update(place for place, one in enumerate(self._patterns) if matches(one.text, text))
                continue
            group = self._group(len(text))
            mask = group.anchored(text)
            if loose := mask & group.loose:
                mask ^= loose
                for number in group.narrowed(text):
                    if loose >> number & 1:
                        checked += 1
                        if matches(self._patterns[group.places[number]].text, text):
                            mask |= 1 << number
            masks[len(text)] |= mask
        for length, mask in masks.items():
            places = self._groups[length].places
            found.update(places[number] for number in _bits(mask))
        return Found(tuple(sorted(found)), checked)

    def _group(self, length: int) -> _Group:
        group = self._groups.get(length)
        if group is None:
            fitting = [(place, one) for place, one in enumerate(self._patterns) if one.can_be(length)]
            group = self._groups[length] = _Group(length, fitting)
        return group


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A pattern, taken apart."""

    head: str
    """Up to the first star."""
    tail: str
    """From behind the last star; empty where there is none."""
    inner: str
    """The longest run of known characters between two stars; empty where there is none."""
    stars: int
    least: int
    """Characters of the shortest text that matches."""
    text: str
    """The whole pattern."""

    @classmethod
    def of(cls, pattern: str) -> _Pattern:
        head, *rest = pattern.split(ANY)
        between = [piece for part in rest[:-1] for piece in part.split(ONE) if piece]
        return cls(
            head=head,
            tail=rest[-1] if rest else "",
            inner=max(between, key=len, default=""),
            stars=len(rest),
            least=len(pattern) - len(rest),
            text=pattern,
        )

    def can_be(self, length: int) -> bool:
        return self.least <= length if self.stars else self.least == length


class _Group:
    """The patterns that can match texts of one length. A set of them is a whole number: bit n is pattern n."""

    def __init__(self, length: int, patterns: Sequence[tuple[int, _Pattern]]) -> None:
        self.places = [place for place, _ in patterns]
        """Where each pattern of the group stands in the list."""
        fixed = [defaultdict[str, _Bits](lambda: _Bits(len(patterns))) for _ in range(length)]
        anchored = [_Bits(len(patterns)) for _ in range(length)]
        loose = _Bits(len(patterns))
        inner = defaultdict[str, list[int]](list)
        for number, (_, one) in enumerate(patterns):
            for place, character in _anchors(one, length):
                fixed[place][character].add(number)
                anchored[place].add(number)
            if one.stars > 1:
                loose.add(number)
                inner[one.inner].append(number)
        everything = (1 << len(patterns)) - 1
        self.loose = loose.number()
        """Those of more than one star, whose bits say less than they mean."""
        self._inner = dict(inner)
        self._sizes = sorted({len(characters) for characters in self._inner})
        self._free = [everything & ~bits.number() for bits in anchored]
        self._allowed = [
            {character: bits.number() | free for character, bits in by_character.items()}
            for by_character, free in zip(fixed, self._free, strict=True)
        ]

    def anchored(self, text: str) -> int:
        """Those whose characters at fixed places the text has."""
        mask = -1 if text else 0
        for place, character in enumerate(text):
            mask &= self._allowed[place].get(character, self._free[place])
            if not mask:
                break
        return mask

    def narrowed(self, text: str) -> Iterator[int]:
        """Those of more than one star whose run of characters between them stands somewhere in the text."""
        for size in self._sizes:
            for run in {text[start : start + size] for start in range(len(text) - size + 1)}:
                yield from self._inner.get(run, ())


class _Bits:
    """A set of small numbers while it is filled: a whole number would be copied at each one."""

    def __init__(self, size: int) -> None:
        self._bytes = bytearray((size + 7) // 8)

    def add(self, number: int) -> None:
        self._bytes[number >> 3] |= 1 << (number & 7)

    def number(self) -> int:
        return int.from_bytes(self._bytes, "little")


def _anchors(pattern: _Pattern, length: int) -> Iterator[tuple[int, str]]:
    """The characters that a text of this length must have, and where."""
    yield from ((place, each) for place, each in enumerate(pattern.head) if each != ONE)
    start = length - len(pattern.tail)
    yield from ((start + place, each) for place, each in enumerate(pattern.tail) if each != ONE)


def _bits(mask: int) -> Iterator[int]:
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest
