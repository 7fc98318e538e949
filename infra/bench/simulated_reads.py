"""Reads of plates that were never rendered, put together from measured ones: character by character.

The reader reads a few thousand rendered plates, each before three cameras and three times at each. What it made of one
character in all nine looks is a donor of that character; `donors` says which one a simulated vehicle draws. So errors
of one look go together, and so do those of the looks of a pass. `platewatch bench matching` shows simulated and
measured errors side by side.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from infra.bench.donors import Columns, Donor, Donors, MeasuredPlate
from recognizers.confidence import load_calibration
from recognizers.plate import Candidate, GrayImage, Lattice, PlateRead, PlateReader, Quad
from recognizers.reader import shipped_reader
from recognizers.training.augmentation import add_noise, blur_motion, compress
from recognizers.training.plate_pool import StockedPlate, draw_plate
from recognizers.training.reader_samples import PlateScene, SizeRange, draw_rendered, inexact
from recognizers.voting import Vote, align, fuse
from streams.records import PlateCandidate

CAMERAS, LOOKS = 3, 3
"""Cameras that see a vehicle, and looks that each has at it."""

_SIZES = SizeRange(smallest_px=18.0, largest_px=60.0, detail=0.4)
"""So that about as many looks are read right as on the photographs of American traffic that we measure with; training
sees worse."""

_SAME_SCENE = 0.8
"""Share of a pass's looks that have size, angle, light and focus in common. Measured: whether two looks are right
correlates at 0.43 when all have, at 0.17 when none has, and at 0.22 to 0.35 within passes of rendered clips."""

LETTERS, DIGITS = "ABCDEFGHJKLMNPRSTUVWXYZ", "0123456789"
"""That simulated plates are made of: most issuers leave out I, O and Q."""

_UNUSUAL = 0.02
"""Weight of a text in no usual format: there are old and special plates."""


@dataclass(frozen=True, slots=True)
class SimulatedVehicle:
    """A vehicle that passes three cameras."""

    plate: str
    looks: tuple[tuple[Lattice, ...], ...]
    """By camera, by look."""
    source: int
    """Number of the measured plate that it fares like."""

    def fused(self, camera: int) -> Lattice:
        """The looks of one pass as one read, the surer ones counting more, as in `streams.passes`."""
        votes = [Vote(lattice, math.sqrt(max(0.01, _confidence(lattice)))) for lattice in self.looks[camera] if lattice]
        return fuse(votes) if votes else ()


def _confidence(lattice: Lattice) -> float:
    return math.prod(max(column.values()) for column in lattice)


def measure_donors(plates: int, seed: int, region: str) -> Donors:
    """Render plates of a region and read them.

    Args:
        plates: how many.
        seed: of the plates and of what befalls them; none that training used.
        region: beginning of the layouts' region, such as `US`.
    """
    reader = shipped_reader(load_calibration())
    rng = np.random.default_rng(seed)
    ground = np.full((200, 300), 90, np.uint8)
    measured, exact = [], 0
    for _ in range(plates):
        plate = draw_plate(rng, region)
        passes = [list(_pass(plate, ground, reader, rng)) for _ in range(CAMERAS)]
        exact += sum(look.text == plate.text for looks in passes for look in looks)
        measured.append(split(plate.text, [[look.lattice for look in looks] for looks in passes]))
    return Donors(measured, exact / (plates * CAMERAS * LOOKS))


def _pass(plate: StockedPlate, ground: GrayImage, reader: PlateReader, rng: np.random.Generator) -> Iterator[PlateRead]:
    """Looks of one pass: mostly of the same size, light and focus; noise, motion and compression of their own."""
    scene = draw_rendered(plate, ground, rng, _SIZES)
    for _ in range(LOOKS):
        if rng.random() < _SAME_SCENE:
            yield reader.read(*_look(scene, rng))
        else:
            other = draw_rendered(plate, ground, rng, _SIZES)
            yield reader.read(other.image, other.quad)


def _look(scene: PlateScene, rng: np.random.Generator) -> tuple[GrayImage, Quad]:
    image = blur_motion(scene.image, rng.uniform(0, 2), float(rng.uniform(0, np.pi)))
    image = compress(add_noise(image, rng, float(rng.uniform(0, 4))), int(rng.integers(50, 93)))
    return image, inexact(scene.quad, rng)


def split(text: str, passes: Sequence[Sequence[Lattice]]) -> MeasuredPlate:
    """The looks at a plate, by camera, taken apart into its characters."""
    apart = [[_by_character(text, lattice) for lattice in looks] for looks in passes]
    return MeasuredPlate(
        text, tuple(tuple(tuple(look[place] for look in looks) for looks in apart) for place in range(len(text)))
    )


def _by_character(text: str, lattice: Lattice) -> list[Columns]:
    """The lattice's positions, each with the character of the text that stands there, or before it."""
    columns: list[list[Mapping[str, float]]] = [[] for _ in text]
    last = 0
    for at_text, at_lattice in align([{c: 1.0} for c in text], lattice):
        last = at_text if at_text is not None else last
        if at_lattice is not None:
            columns[last].append(lattice[at_lattice])
    return [tuple(found) for found in columns]


def simulate(plate: str, donors: Donors, rng: np.random.Generator) -> SimulatedVehicle:
    """A vehicle with this plate; its characters must be among those of the donors."""
    drawn = donors.draw(plate, rng)
    return _joined(plate, drawn.characters, drawn.source)


def measured_vehicles(donors: Donors, length: int) -> Iterator[SimulatedVehicle]:
    """The measured plates of so many characters as they were read."""
    for number, measured in enumerate(donors.plates):
        if len(measured.text) == length:
            yield _joined(measured.text, measured.characters, number)


def _joined(plate: str, characters: Sequence[Donor], source: int) -> SimulatedVehicle:
    looks = tuple(
        tuple(tuple(column for donor in characters for column in donor[camera][look]) for look in range(LOOKS))
        for camera in range(CAMERAS)
    )
    return SimulatedVehicle(plate, looks, source)


def ranked(texts: Sequence[Candidate], is_usual: Callable[[str], bool]) -> tuple[PlateCandidate, ...]:
    """The texts of a read as a grammar leaves them that knows the usual formats: scaled to the same sum, best first."""
    weights = [one.confidence * (1.0 if is_usual(one.text) else _UNUSUAL) for one in texts]
    scale = sum(one.confidence for one in texts) / (sum(weights) or 1.0)
    settled = [PlateCandidate(one.text, min(1.0, weight * scale)) for one, weight in zip(texts, weights, strict=True)]
    return tuple(sorted(settled, key=lambda one: -one.confidence))
