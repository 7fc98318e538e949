"""Whether simulated reads err as measured ones do: how many characters are wrong, lost or too many, how together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from infra.bench.list_rules import one_edit
from infra.bench.rows import Goal, Row, figure
from infra.bench.simulated_reads import CAMERAS, LOOKS, SimulatedVehicle, measured_vehicles, simulate
from infra.bench.simulated_world import World
from recognizers.voting import best_texts

_TEXTS = 10
"""That a read names at most."""

_NO_GOAL = Goal(None, None)


class ErrorKind(StrEnum):
    """How a read differs from the plate."""

    NONE = "read right"
    WRONG = "one character wrong"
    LOST = "one character lost"
    ADDED = "one character too many"
    WORSE = "more than one character off"


@dataclass(slots=True)
class ErrorKinds:
    """Of the looks at vehicles, how they err."""

    looks: int = 0
    kinds: Counter[ErrorKind] = field(default_factory=Counter)
    named: int = 0
    """Looks whose right text is among those that they name, the best or not."""
    right: list[list[bool]] = field(default_factory=list)
    """By vehicle, by look: whether every character is right."""

    def add(self, vehicle: SimulatedVehicle) -> None:
        """Count the looks at one vehicle."""
        seen = []
        for lattice in (lattice for looks in vehicle.looks for lattice in looks):
            texts = [one.text for one in best_texts(lattice, _TEXTS)]
            kind = kind_of(texts[0] if texts else "", vehicle.plate)
            self.looks += 1
            self.kinds[kind] += 1
            self.named += vehicle.plate in texts
            seen.append(kind is ErrorKind.NONE)
        self.right.append(seen)

    def shares(self) -> Iterator[tuple[str, float]]:
        """Each kind's share of the looks, and how often the right text is named, in percent."""
        yield from ((str(kind), 100 * self.kinds[kind] / self.looks) for kind in ErrorKind)
        yield "right text among those named", 100 * self.named / self.looks

    def correlations(self) -> tuple[float, float]:
        """Of whether two looks are right: two of one pass, and two of different passes."""
        matrix = np.asarray(np.corrcoef(np.array(self.right, np.float64).T))
        camera = np.repeat(np.arange(CAMERAS), LOOKS)
        same = camera[:, None] == camera[None, :]
        return float(matrix[same & ~np.eye(len(camera), dtype=bool)].mean()), float(matrix[~same].mean())


def kind_of(read: str, plate: str) -> ErrorKind:
    """How the read differs from the plate."""
    if read == plate:
        return ErrorKind.NONE
    if read not in one_edit(plate):
        return ErrorKind.WORSE
    if len(read) == len(plate):
        return ErrorKind.WRONG
    return ErrorKind.LOST if len(read) < len(plate) else ErrorKind.ADDED


def error_rows(world: World, vehicles: int, rng: np.random.Generator) -> Iterator[Row]:
    """Measured and simulated reads side by side, before any grammar.

    Args:
        world: measured plates of the length of its pattern are compared with vehicles that are simulated in it.
        vehicles: how many to simulate.
        rng: what they are drawn from.
    """
    measured = counted(measured_vehicles(world.donors, len(world.pattern)))
    simulated = counted(simulate(world.plate(rng), world.donors, rng) for _ in range(vehicles))
    how = f"{{}} looks at plates of {len(world.pattern)} characters, no grammar"
    for of, kinds in (("measured", measured), ("simulated", simulated)):
        told = how.format(f"{kinds.looks:,}")
        for name, percent in kinds.shares():
            yield figure(f"{of} looks, {name}", percent, "%", goal=_NO_GOAL, how=told)
        for name, value in zip(("one pass", "two passes"), kinds.correlations(), strict=True):
            yield figure(f"{of} looks, right together in {name}", value, "correlation", goal=_NO_GOAL, how=told)


def counted(vehicles: Iterable[SimulatedVehicle]) -> ErrorKinds:
    """The looks at some vehicles."""
    kinds = ErrorKinds()
    for vehicle in vehicles:
        kinds.add(vehicle)
    return kinds
