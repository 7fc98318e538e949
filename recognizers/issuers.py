"""Who may have issued a plate: states divided from the nation, several looks as one, and what is told of it."""

from __future__ import annotations

from collections.abc import Sequence

from recognizers.jurisdictions import NO_PLATE, US
from recognizers.plate import Issuer


def divided(nations: Sequence[Issuer], states: Sequence[Issuer]) -> tuple[Issuer, ...]:
    """The issuers with the share of `US` given to its states, best first; as they are where no states are known."""
    if not states:
        return tuple(nations)
    odds = {one.code: one.probability for one in nations}
    share = odds.pop(US, 0.0)
    return _ranked(odds | {one.code: share * one.probability for one in states})


def fuse_issuers(votes: Sequence[tuple[Sequence[Issuer], float]]) -> tuple[Issuer, ...]:
    """Who issued the plate by several looks at it: the weighted mean of their probabilities, best first.

    A mean, not a product: what hides a state's name, a frame or the angle, hides it in every look of a pass. Looks from
    afar know the nation alone: their `US` counts for the states that nearer looks tell.

    Args:
        votes: for each look what it says of the issuer, and its weight; looks that say nothing are passed over.
    """
    told = [(issuers, weight) for issuers, weight in votes if issuers]
    total = sum(weight for _, weight in told)
    sums: dict[str, float] = {}
    for issuers, weight in told:
        for one in issuers:
            sums[one.code] = sums.get(one.code, 0.0) + one.probability * weight / total
    states = {code: p for code, p in sums.items() if code.startswith(f"{US}-")}
    known = sum(states.values())
    if known:
        far = sums.pop(US, 0.0)
        sums |= {code: p + far * p / known for code, p in states.items()}
    return _ranked(sums)


def likeliest(issuers: Sequence[Issuer]) -> Issuer | None:
    """The likeliest of those that issue plates; None where nothing is known."""
    return next((one for one in issuers if one.code != NO_PLATE), None)


def told_code(issuers: Sequence[Issuer], least: float) -> str | None:
    """The code that is told where its issuer must be at least so likely."""
    best = likeliest(issuers)
    return best.code if best is not None and best.probability >= least else None


def _ranked(odds: dict[str, float]) -> tuple[Issuer, ...]:
    ordered = sorted(odds.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Issuer(code, min(1.0, probability)) for code, probability in ordered)
