"""Whose plates have the shape that was found: US plates are twice as wide as high, European ones nearly five times."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache

from recognizers.jurisdictions import US, nation_of
from recognizers.plate import Issuer
from recognizers.rendering.layouts import load_layouts

_SPREAD = 0.2
"""Standard deviation of the logarithm of a found plate's aspect: a camera 30 degrees aside sees 0.87 of its width, and
corners are off by a tenth of its height."""

_ANY_SHAPE = 0.05  # odds of a shape that the layouts do not have: frames, holders, badly found corners

Shapes = Mapping[str, Sequence[tuple[float, float]]]
"""By nation the aspects of its plates, each with its share."""


def weigh_by_shape(nations: Sequence[Issuer], aspect: float) -> tuple[Issuer, ...]:
    """The nations, weighed by how well the found plate has the shape of theirs; their sum stays.

    Args:
        nations: by the plate's face, best first.
        aspect: width over height of the found plate.
    """
    fits = {one.code: one.probability * fit(one.code, aspect) for one in nations}
    total = sum(fits.values())
    if not total:
        return tuple(nations)
    scale = sum(one.probability for one in nations) / total
    ranked = sorted(fits.items(), key=lambda entry: (-entry[1], entry[0]))
    return tuple(Issuer(code, min(1.0, p * scale)) for code, p in ranked)


def fit(code: str, aspect: float) -> float:
    """How well the aspect fits the nation's plates, in [0, 1]; a code without layouts fits nothing in particular."""
    known = nation_shapes().get(code)
    if not known or aspect <= 0:
        return _ANY_SHAPE + 0.2
    likelihood = sum(share * math.exp(-0.5 * (math.log(aspect / own) / _SPREAD) ** 2) for own, share in known)
    return _ANY_SHAPE + (1 - _ANY_SHAPE) * likelihood


@cache
def nation_shapes() -> Shapes:
    """The shapes of the bundled layouts' plates."""
    found: dict[str, list[tuple[float, float]]] = {}
    for layout in load_layouts().values():
        code = US if nation_of(layout.jurisdiction) == US else layout.jurisdiction
        found.setdefault(code, []).append((layout.size_mm[0] / layout.size_mm[1], layout.weight))
    shapes: dict[str, list[tuple[float, float]]] = {}
    for code, sizes in found.items():
        total = sum(weight for _, weight in sizes)
        merged: dict[float, float] = {}
        for aspect, weight in sizes:
            merged[round(aspect, 2)] = merged.get(round(aspect, 2), 0.0) + weight / total
        shapes[code] = list(merged.items())
    return shapes
