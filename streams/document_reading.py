"""A document of the index back to the detection that it was made of, for a look back. Pure.

The index holds no lattice, and of candidates and states only the names, best first. So these are built anew, and are
poorer than what the recogniser said: the join on old passes is as sure of the text that was read as it was then, and
less choosy among what else it could have been.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from recognizers.fold import CONFUSED
from streams.codec import InvalidRecordError
from streams.records import Detection, FrameReference, PlateCandidate, StateCandidate

_RIVAL_SHARE = 0.5
"""Of what the texts before it left: a rival gets half, the next half of the rest. Of texts in the order of their
probability that is the slowest fall that leaves each what the ones after it need at most."""

_STATE_CONFIDENCE = 0.8
"""Given to a state that the detection named: the least that it needs to be named (`recognition.min_state_confidence`).
Without a named state all that were thought of share it evenly."""

_LEAST = 0.001
"""As in a detection: what is less probable is left out of the lattice."""

_KEPT = frozenset(Detection.__struct_fields__) - {"candidates", "state_candidates", "decided_by", "lattice"}


def detection_from_document(source: Mapping[str, Any]) -> Detection:
    """The detection, with lattice and confidences rebuilt; of its deciding frame, the time is that of the best look.

    Raises:
        InvalidRecordError: the document is not one of a detection.
    """
    try:
        fields = {name: source[name] for name in _KEPT if source.get(name) is not None}
        candidates = rebuilt_candidates(source["plate"], source["confidence"], source.get("candidates") or ())
        fields |= {
            "candidates": candidates,
            "state_candidates": rebuilt_states(source.get("state"), source.get("state_candidates") or ()),
            "lattice": rebuilt_lattice(source["plate"], source["confidence"], candidates),
            "decided_by": FrameReference(source["decided_by"], datetime.fromisoformat(source["captured_at"])),
        }
        return msgspec.convert(fields, Detection)
    except KeyError as error:
        msg = f"not the document of a detection: the field {error} is missing"
        raise InvalidRecordError(msg) from error
    except (msgspec.ValidationError, TypeError, ValueError) as error:
        msg = f"not the document of a detection: {error}"
        raise InvalidRecordError(msg) from error


def rebuilt_candidates(plate: str, confidence: float, texts: Sequence[str]) -> tuple[PlateCandidate, ...]:
    """The texts with probabilities: the plate's own is known, its rivals halve what is left, in their order."""
    found = [PlateCandidate(plate, confidence)]
    left = 1.0 - confidence
    for text in texts:
        if text != plate:
            found.append(PlateCandidate(text, min(left * _RIVAL_SHARE, found[-1].confidence)))
            left -= found[-1].confidence
    return tuple(found)


def rebuilt_lattice(
    plate: str, confidence: float, candidates: Sequence[PlateCandidate]
) -> tuple[dict[str, float], ...]:
    """Each position as sure as the others, so that the whole text has its confidence.

    What is left at a position goes to the characters that rivals of the same length have there, as probable as they
    are, and to the look-alikes of what was read.
    """
    if not plate:
        return ()
    read = confidence ** (1 / len(plate))
    rivals = [one for one in candidates if one.plate != plate and len(one.plate) == len(plate)]
    return tuple(_column(place, character, read, rivals) for place, character in enumerate(plate))


def _column(place: int, character: str, read: float, rivals: Sequence[PlateCandidate]) -> dict[str, float]:
    weights = {other: _LEAST for group in CONFUSED if character in group for other in group if other != character}
    for rival in rivals:
        other = rival.plate[place]
        if other != character:
            weights[other] = weights.get(other, 0.0) + rival.confidence
    total = sum(weights.values())
    column = {character: read}
    if total > 0:
        column |= {other: (1.0 - read) * weight / total for other, weight in weights.items()}
    return {key: p for key, p in column.items() if p >= _LEAST or key == character}


def rebuilt_states(named: str | None, states: Sequence[str]) -> tuple[StateCandidate, ...]:
    """The states with probabilities: the named one's is the least that naming takes, the others share the rest."""
    order = list(dict.fromkeys([*([named] if named else ()), *states]))
    if not order:
        return ()
    if named is None:
        return tuple(StateCandidate(state, 1.0 / len(order)) for state in order)
    others = len(order) - 1
    return (
        StateCandidate(named, _STATE_CONFIDENCE if others else 1.0),
        *(StateCandidate(state, (1.0 - _STATE_CONFIDENCE) / others) for state in order[1:]),
    )
