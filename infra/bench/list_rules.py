"""What others do: compare strings. Each rule gives the listed plates that a read's best text brings up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from recognizers.fold import fold
from recognizers.plate import ALPHABET

_COMMON_PREFIX = 4  # characters that Winkler's boost looks at
_PREFIX_WEIGHT = 0.1


class ListedPlates:
    """A large list, indexed for each of the rules. Plates are whole; for Jaro-Winkler, of one length."""

    def __init__(self, plates: Sequence[str]) -> None:
        self.plates = frozenset(plates)
        self._by_fold: dict[str, list[str]] = {}
        for plate in plates:
            self._by_fold.setdefault(fold(plate), []).append(plate)
        self._ordered = list(plates)

    @cached_property
    def _codes(self) -> NDArray[np.uint8]:
        return np.frombuffer("".join(self._ordered).encode(), np.uint8).reshape(len(self._ordered), -1)

    def folding_to(self, folded: str) -> Sequence[str]:
        """The listed plates of one folded text."""
        return self._by_fold.get(folded, ())

    def exact(self, text: str) -> set[str]:
        """The same string."""
        return {text} & self.plates

    def folded(self, text: str) -> set[str]:
        """The same string but for characters that cameras confuse."""
        return set(self.folding_to(fold(text)))

    def one_edit(self, text: str) -> set[str]:
        """At most one substitution, insertion or deletion away (Levenshtein 1)."""
        return one_edit(text) & self.plates

    def jaro_winkler(self, text: str, least: float) -> set[str]:
        """Jaro-Winkler similarity of at least `least` (Winkler 1990); every listed plate is compared."""
        codes = np.frombuffer(text.encode(), np.uint8)
        similarity = _jaro_winkler(codes, self._codes)
        return {self._ordered[place] for place in np.flatnonzero(similarity >= least)}


def one_edit(text: str) -> set[str]:
    """All texts at most one substitution, insertion or deletion away."""
    return {text, *_edited(text)}


def _edited(text: str) -> Iterator[str]:
    for place in range(len(text) + 1):
        before, after = text[:place], text[place:]
        if after:
            yield before + after[1:]
            for character in ALPHABET:
                yield before + character + after[1:]
        for character in ALPHABET:
            yield before + character + after


def _jaro_winkler(text: NDArray[np.uint8], plates: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Of one text with each row. Characters match within half the longer length less one; each matches once."""
    count, length = plates.shape
    reach = max(0, max(len(text), length) // 2 - 1)
    taken = np.zeros((count, length), bool)
    matched = np.zeros((count, len(text)), bool)
    for place, character in enumerate(text):
        for other in range(max(0, place - reach), min(length, place + reach + 1)):
            free = (plates[:, other] == character) & ~taken[:, other] & ~matched[:, place]
            taken[:, other] |= free
            matched[:, place] |= free
    matches = matched.sum(axis=1)
    # The matched characters of both sides in their order, padded: where they differ, half a transposition each.
    ours = np.where(matched, text[None], 0)
    theirs = np.where(taken, plates, 0)
    width = max(len(text), length)
    ours, theirs = (np.pad(side, ((0, 0), (0, width - side.shape[1]))) for side in (ours, theirs))
    ours = np.take_along_axis(ours, np.argsort(ours == 0, axis=1, kind="stable"), axis=1)
    theirs = np.take_along_axis(theirs, np.argsort(theirs == 0, axis=1, kind="stable"), axis=1)
    transposed = (ours != theirs).sum(axis=1) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        jaro = (matches / len(text) + matches / length + (matches - transposed) / matches) / 3
    jaro = np.where(matches == 0, 0.0, jaro)
    same = plates[:, : min(_COMMON_PREFIX, len(text))] == text[:_COMMON_PREFIX][None, :length]
    prefix = np.cumprod(same, axis=1).sum(axis=1)
    return np.asarray(jaro + prefix * _PREFIX_WEIGHT * (1 - jaro), np.float64)
