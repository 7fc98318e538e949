"""The live lists as a simulation sees them: which plates are wanted, and what passes besides. Pure, but for generators.

Vehicles on no list have the formats and states of the listed plates, with characters drawn anew. So the strings of a
format are as densely listed for the drawn ones as for those that really pass.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np

from infra.bench.errors import BenchError
from infra.bench.simulated_reads import DIGITS, LETTERS
from recognizers.fold import fold
from recognizers.issue_tables import format_of
from streams.matching import state_code, was_valid
from streams.records import Category, HotlistEntry

_USUAL_SHARE = 0.01
"""Of the listed plates, from which on a format is a usual one of the region; a grammar prefers these."""

_MOST_DRAWS = 10_000


class Wanted(NamedTuple):
    """What of an entry decides whether it matches. A tuple, since there may be a million."""

    plate: str
    state: str | None
    """`US-KY`, `DE`; None: any."""
    category: Category


class Kind(NamedTuple):
    """Format and state of a plate."""

    format: str
    """9 for each digit, A for each letter."""
    state: str | None


class WantedPlates:
    """Whole plates that are wanted at a time, as lists are read. Those alike in all that matters here are one.

    Args:
        at: the time; entries that are not in force then are left out.
    """

    def __init__(self, at: datetime) -> None:
        self.found: set[Wanted] = set()
        self.partial = 0
        """Entries of partial plates, which are left out."""
        self.not_in_force = 0
        """Entries that are left out for their time."""
        self._at = at

    def add(self, entry: HotlistEntry) -> None:
        """Take an entry in."""
        if not was_valid(entry, self._at):
            self.not_in_force += 1
        elif entry.is_partial:
            self.partial += 1
        else:
            self.found.add(Wanted(entry.plate, state_code(entry.state), entry.category))


class ListedTraffic:
    """What is listed, and vehicles that pass besides.

    Args:
        wanted: of all lists, each once.
    """

    def __init__(self, wanted: Iterable[Wanted]) -> None:
        self._by_fold: defaultdict[str, list[Wanted]] = defaultdict(list)
        self._by_category: defaultdict[Category, list[Wanted]] = defaultdict(list)
        self._listed: defaultdict[str, Counter[tuple[str | None, Category]]] = defaultdict(Counter)
        kinds: Counter[Kind] = Counter()
        for one in sorted(wanted, key=_order):  # so that the same lists give the same figures
            form = format_of(one.plate)
            self._by_fold[fold(one.plate)].append(one)
            self._by_category[one.category].append(one)
            self._listed[form][one.state, one.category] += 1
            kinds[Kind(form, one.state)] += 1
        least = _USUAL_SHARE * kinds.total()
        self._usual = {form for form, listed in self._listed.items() if listed.total() >= least}
        self._kinds = list(kinds)
        self._shares = np.array([kinds[kind] for kind in self._kinds], np.float64) / max(1, kinds.total())
        self._cumulated = np.cumsum(self._shares)

    @property
    def categories(self) -> list[Category]:
        """Those that have entries, in the order of their names."""
        return sorted(self._by_category)

    @property
    def states(self) -> set[str]:
        """That entries name."""
        return {kind.state for kind in self._kinds if kind.state is not None}

    def of_category(self, category: Category) -> Sequence[Wanted]:
        """What is wanted for that reason."""
        return self._by_category[category]

    def folding_to(self, folded: str) -> Sequence[Wanted]:
        """What is wanted with a plate of this folded text."""
        return self._by_fold.get(folded, ())

    def is_listed(self, plate: str) -> bool:
        """Whether some entry wants this plate, of whatever state."""
        return any(wanted.plate == plate for wanted in self.folding_to(fold(plate)))

    def is_usual(self, text: str) -> bool:
        """Whether the text has a format that is no rarity among the listed plates."""
        return format_of(text) in self._usual

    def densities(self, form: str) -> dict[tuple[str | None, Category], float]:
        """Of each state and category: the share of a format's strings that are listed so; see `strings_of`."""
        return {key: min(1.0, count / strings_of(form)) for key, count in self._listed.get(form, {}).items()}

    def mean_density(self, category: Category) -> float:
        """Share of a format's strings that are listed for this reason, averaged over the vehicles that pass."""
        return float(
            sum(
                share * sum(density for (_, one), density in self.densities(kind.format).items() if one == category)
                for kind, share in zip(self._kinds, self._shares, strict=True)
            )
        )

    def passing(self, characters: frozenset[str], rng: np.random.Generator) -> tuple[str, str | None]:
        """Plate and state of a vehicle that is on no list.

        Args:
            characters: that plates may be made of; letters and digits must be among them.
            rng: what it is drawn from.

        Raises:
            BenchError: there seems to be none.
        """
        for _ in range(_MOST_DRAWS):
            at = int(np.searchsorted(self._cumulated, rng.random(), side="right"))
            kind = self._kinds[min(at, len(self._kinds) - 1)]
            plate = "".join(_character(sign, characters, rng) for sign in kind.format)
            if not self.is_listed(plate):
                return plate, kind.state
        msg = "nearly every plate of the listed formats is listed, so no other vehicles can be drawn; mend the lists"
        raise BenchError(msg)


def _order(wanted: Wanted) -> tuple[str, str, str]:
    return wanted.plate, wanted.state or "", wanted.category


def strings_of(form: str) -> int:
    """How many plates of a format there can be: 23 letters, for most issuers leave out I, O and Q, and ten digits."""
    count = 1
    for sign in form:
        count *= len(_signs(sign))
    return count


def is_string_of(text: str) -> bool:
    """Whether the text is among those that `strings_of` its format counts."""
    return all(character in LETTERS or character in DIGITS for character in text)


def _signs(sign: str) -> str:
    return DIGITS if sign.isdigit() else LETTERS


def _character(sign: str, characters: frozenset[str], rng: np.random.Generator) -> str:
    some = [one for one in _signs(sign) if one in characters]
    return some[int(rng.integers(len(some)))]
