"""Vehicles that pass three cameras and are read differently each time, for tests of the join on real servers."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from confluent_kafka import Message, Producer

from infra.settings.services import KafkaSettings
from recognizers.fold import fold
from recognizers.plate import Lattice
from streams.codec import encode
from streams.records import Detection, GeoPoint, HotlistEntry, PlateCandidate, TopicName, to_milliseconds
from tests.builders import build_detection, build_entry

LOOKS_LIKE = {
    "A": "4", "C": "G", "E": "F", "F": "E", "H": "N", "J": "U", "K": "X", "M": "W",
    "N": "M", "P": "R", "R": "P", "T": "7", "U": "V", "W": "M", "X": "K", "Y": "T",
}  # fmt: skip
"""The characters of these plates, and what each is misread as: of another fold class, so that another key is read."""

CAMERAS = {"north": GeoPoint(38.20, -85.70), "middle": GeoPoint(38.22, -85.70), "south": GeoPoint(38.24, -85.70)}
"""In a row, 2.2 km apart."""

LEG_S = 120.0
"""From one camera to the next: 67 km/h."""

_CHARACTERS = 7
_FAR = 4
"""Places at which any two of these plates differ: no misread of one is another."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one camera makes of a plate."""

    lattice: Lattice
    named: int
    """How many of the likeliest texts are named as candidates."""

    def candidates(self) -> tuple[PlateCandidate, ...]:
        """The likeliest texts."""
        spelt = itertools.product(*(column.items() for column in self.lattice))
        texts = [("".join(c for c, _ in ways), math.prod(p for _, p in ways)) for ways in spelt]
        best = sorted(texts, key=lambda each: (-each[1], each[0]))[: self.named]
        return tuple(PlateCandidate(text, round(p, 6)) for text, p in best)


def sure(plate: str) -> Reading:
    """Read as it is, beyond doubt."""
    return Reading(tuple({character: 1.0} for character in plate), 1)


def misread(plate: str, places: Sequence[int], right: float, named: int) -> Reading:
    """Read as something else.

    Args:
        plate: the true one.
        places: of the characters that are taken for others.
        right: the probability that each of them is left.
        named: as of `Reading`.
    """
    lattice: list[Mapping[str, float]] = [{character: 1.0} for character in plate]
    for place in places:
        lattice[place] = {LOOKS_LIKE[plate[place]]: 0.98 - right, plate[place]: right}
    return Reading(tuple(lattice), named)


def draw_plates(count: int, rng: random.Random) -> list[str]:
    """So many plates, none of them near another."""
    plates: list[str] = []
    while len(plates) < count:
        plate = "".join(rng.choices(list(LOOKS_LIKE), k=_CHARACTERS))
        if all(sum(a != b for a, b in zip(plate, other, strict=True)) >= _FAR for other in plates):
            plates.append(plate)
    return plates


def build_wanted(run: str, plate: str, pattern: str | None = None) -> HotlistEntry:
    """The entry of a plate, or of a pattern that fits it, under an id of this run."""
    return build_entry(pattern or plate, id=f"{run}/{plate}", hotlist="join", instructions=plate)


def build_passes(
    run: str, plate: str, readings: Sequence[Reading], begins: datetime, *, trip: int = 1
) -> list[Detection]:
    """One pass at each camera, in the time that the way takes.

    Args:
        run: part of the detections' ids, so that the passes of two runs are told apart.
        plate: the true one.
        readings: by camera.
        begins: of the first pass.
        trip: part of the ids too, of a vehicle that comes again.
    """
    passes = []
    for place, (camera, reading) in enumerate(zip(CAMERAS, readings, strict=False)):
        at = to_milliseconds(begins + timedelta(seconds=place * LEG_S))
        candidates = reading.candidates()
        detection = msgspec.structs.replace(
            build_detection(candidates[0].plate),
            id=f"{run}/{plate}@{camera}-{trip}", camera=camera, location=CAMERAS[camera],
            captured_at=at, received_at=at, first_seen_at=at, last_seen_at=at,
            confidence=candidates[0].confidence, lattice=reading.lattice, candidates=candidates,
        )  # fmt: skip
        passes.append(detection)
    return passes


class Road:
    """Passes that are sent to the detections topic, keyed as recognition keys them."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self.partitions: dict[str, int] = {}
        """Where each detection was put, by its id."""
        self._producer = Producer(kafka.confluent_config() | {"acks": "all"})

    def send(self, detection: Detection) -> None:
        """Hand the detection to Kafka."""

        def delivered(error: object, message: Message) -> None:
            assert error is None, error
            self.partitions[detection.id] = message.partition()

        key = fold(detection.plate)
        self._producer.produce(TopicName.DETECTIONS, encode(detection), key, on_delivery=delivered)
        self._producer.poll(0)

    def end(self) -> None:
        """Wait until Kafka has all."""
        assert self._producer.flush(20) == 0
