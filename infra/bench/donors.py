"""Measured plates that lend their characters to plates that were never rendered. Pure, but for the generator.

What befalls a plate befalls its characters together: a look that sees nothing loses all of them, a corner cut off
loses the first or the last, a small picture makes all unsure. So a simulated vehicle fares like one measured plate of
its length. Each of its characters comes from a donor of that character which fared most alike: as sharp a plate in
each look, and lost in the same looks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from recognizers.plate import NONE

Columns = tuple[Mapping[str, float], ...]
"""What a look has in the place of one character: mostly one position; none where it was not seen."""

Donor = tuple[tuple[Columns, ...], ...]
"""By camera, by look."""

_LEAST_DONORS = 3
"""Of a character that can be simulated."""

_ALIKE = 5
"""Donors that count as most alike, of which one is drawn. More: losses of a look are scattered over characters, which
a whole plate never shows. Fewer: the same few donors again and again."""

_LOST_WEIGHT = 2.0
"""What it counts that one is lost where the other is seen, against ten times as probable a reading of the plate."""

_LOST = 0.5
"""Probability that nothing stands there from which on a character is lost."""

_LEAST_PROBABILITY = 1e-3
"""As in a lattice: what is below was not mentioned."""


@dataclass(frozen=True, slots=True)
class MeasuredPlate:
    """What was read of a plate: of each of its characters, all looks."""

    text: str
    characters: tuple[Donor, ...]


@dataclass(frozen=True, slots=True)
class Drawn:
    """The characters of a simulated vehicle."""

    source: int
    """Number of the measured plate that it fares like; vehicles of one source are not independent."""
    characters: tuple[Donor, ...]


class Donors:
    """Measured plates, to draw from.

    Args:
        plates: at least one; all with as many cameras and looks.
        exact_looks: share of the measured looks whose every character was read right.
    """

    def __init__(self, plates: Sequence[MeasuredPlate], exact_looks: float) -> None:
        self.exact_looks = exact_looks
        self.plates = tuple(plates)
        self._fates = [_fates(plate) for plate in plates]
        donors: defaultdict[str, list[Donor]] = defaultdict(list)
        fates: defaultdict[str, list[NDArray[np.float64]]] = defaultdict(list)
        self._by_length: defaultdict[int, list[int]] = defaultdict(list)
        for number, (plate, those) in enumerate(zip(plates, self._fates, strict=True)):
            self._by_length[len(plate.text)].append(number)
            for character, donor, fate in zip(plate.text, plate.characters, those, strict=True):
                donors[character].append(donor)
                fates[character].append(fate)
        self._donors = dict(donors)
        self._donor_fates = {character: np.array(found) for character, found in fates.items()}
        self._alike: dict[tuple[str, int, int], list[int]] = {}

    @cached_property
    def characters(self) -> frozenset[str]:
        """That can be simulated."""
        return frozenset(character for character, found in self._donors.items() if len(found) >= _LEAST_DONORS)

    def draw(self, text: str, rng: np.random.Generator) -> Drawn:
        """What is read of a vehicle with this plate; its characters must be among `characters`."""
        length = min(self._by_length, key=lambda each: (abs(each - len(text)), -each))
        some = self._by_length[length]
        source = some[int(rng.integers(len(some)))]
        chances = rng.random(len(text))
        chosen = []
        for place, character in enumerate(text):
            # The first is like the first and the last like the last: there corners are cut off.
            fared_like = round(place * (length - 1) / max(1, len(text) - 1))
            alike = self._most_alike(character, source, fared_like)
            chosen.append(self._donors[character][alike[int(chances[place] * len(alike))]])
        return Drawn(source, tuple(chosen))

    def _most_alike(self, character: str, source: int, place: int) -> list[int]:
        key = character, source, place
        if key not in self._alike:
            distances = ((self._donor_fates[character] - self._fates[source][place]) ** 2).sum(axis=1)
            count = min(_ALIKE, len(distances))
            self._alike[key] = np.argpartition(distances, count - 1)[:count].tolist()
        return self._alike[key]


def _fates(plate: MeasuredPlate) -> NDArray[np.float64]:
    """How each character fared in each look: how well its plate was read then, and whether it was lost itself.

    Of the plate, not of the character: some characters are misread more often than others, and stay so.
    """
    sure = np.array(
        [
            [max((column.get(character, 0.0) for column in look), default=0.0) for look in _looks(donor)]
            for character, donor in zip(plate.text, plate.characters, strict=True)
        ]
    )
    quality = np.log10(np.maximum(sure, _LEAST_PROBABILITY)).mean(axis=0)
    lost = np.array([[_lost(look) > _LOST for look in _looks(donor)] for donor in plate.characters])
    return np.concatenate([np.tile(quality, (len(plate.text), 1)), _LOST_WEIGHT * lost], axis=1)


def _looks(donor: Donor) -> list[Columns]:
    return [look for camera in donor for look in camera]


def _lost(look: Columns) -> float:
    probability = 1.0
    for column in look:
        probability *= column.get(NONE, 0.0)
    return probability
