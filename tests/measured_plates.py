"""Measured plates for simulations: of each character, what it may be read as."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from infra.bench.donors import Donor, Donors, MeasuredPlate

_PLATES_OF_A_CHARACTER = 50
_CHARACTERS = 7


def donors_of(readings: Mapping[str, Sequence[Donor]]) -> Donors:
    """Donors of characters each of which is read in one of the given ways, each as often, whatever stands beside it."""
    rng = np.random.default_rng(1)
    plates = []
    for character, ways in readings.items():
        for _ in range(_PLATES_OF_A_CHARACTER if len(ways) > 1 else 1):
            drawn = tuple(ways[int(rng.integers(len(ways)))] for _ in range(_CHARACTERS))
            plates.append(MeasuredPlate(character * _CHARACTERS, drawn))
    return Donors(plates, 1.0)
