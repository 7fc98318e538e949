"""Texts of usual formats that one slip of a look turns into a text of an unusual one. Pure.

A look may lose a character, mostly the first or the last, for a corner is cut off or a frame hides it; or it takes a
letter for a digit. What is left is often read surely. Where its format is no usual one, a slip explains it as well as a
rare plate does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from recognizers.plate import ALPHABET

HANDED = 0.5
"""Share of its probability that a text of an unusual format hands to those that it may be but for a slip. Of rendered
plates, all of usual formats, seven to ten of ten such texts were one slip away, the more the surer they were. On the
road there are personal, old and special plates too; and a text that hands over all is no rival of its neighbours any
more, so that two cameras which read a personal plate rightly would bear out a wanted one."""

_AT_AN_END = 0.4
"""Share of lost characters that were the first, and as many that were the last: of 304 in looks at rendered plates of
six and seven characters 150 and 100. The places between share the rest."""

_TAKEN_FOR = 0.1
"""Probability that a letter that is taken for a digit is taken for the one that was read; and the other way round."""

_LEAST = 0.003
"""Probability of a text below which its neighbours, 10 to 70 of them, are not worth a look-up."""

_SHORTEST = 3
"""Characters of a read from which on something can be said of what it lacks."""

_KINDS = (ALPHABET[:10], ALPHABET[10:])


def slips(texts: Mapping[str, float], is_usual: Callable[[str], bool]) -> dict[str, dict[str, float]]:
    """By text of an unusual format what it hands to each of its usual neighbours; others are left out.

    Args:
        texts: that a plate may carry, each with its probability.
        is_usual: whether ordinary plates have the text's format, which letters and digits alone decide.
    """
    handed = {}
    for text, p in texts.items():
        if p < _LEAST or len(text) < _SHORTEST or is_usual(text):
            continue
        near = usual_neighbours(text, is_usual)
        if near:
            handed[text] = {other: HANDED * p * share for other, share in near.items()}
    return handed


def usual_neighbours(text: str, is_usual: Callable[[str], bool]) -> dict[str, float]:
    """The usual texts that are read as this one by one slip, each with its share of them; several ways add up.

    Losing one character and taking one for another kind were as frequent, 22 and 22 of a thousand looks.
    """
    weights: dict[str, float] = {}
    between = (1 - 2 * _AT_AN_END) / max(1, len(text) - 1)
    for place in range(len(text) + 1):
        lost = _AT_AN_END if place in {0, len(text)} else between
        _add(weights, (text[:place], text[place:]), lost, is_usual)
        if place < len(text):
            _add(weights, (text[:place], text[place + 1 :]), _TAKEN_FOR / len(text), is_usual)
    total = sum(weights.values())
    return {other: weight / total for other, weight in weights.items()}


def _add(weights: dict[str, float], around: tuple[str, str], weight: float, is_usual: Callable[[str], bool]) -> None:
    """Count each usual text that has one character between these two parts."""
    before, after = around
    for kind in _KINDS:
        if is_usual(before + kind[0] + after):
            for sign in kind:
                other = before + sign + after
                weights[other] = weights.get(other, 0.0) + weight
