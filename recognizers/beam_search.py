"""The likeliest texts of a reader's columns: prefix beam search of connectionist temporal classification."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recognizers.plate import ALPHABET, Candidate

# Characters and texts that a column makes less likely than this are not followed: the search then visits one or two
# characters a column instead of 37, and loses nothing of the candidates that matter.
_LEAST_CHARACTER = 1e-3
_BEAM = 16


def likeliest_texts(columns: NDArray[np.floating], count: int) -> tuple[Candidate, ...]:
    """The texts that the columns most probably spell, best first; the empty text is one of them.

    Args:
        columns: shape (columns, 37): for each column the probability of each character and, last, of the blank.
        count: how many to give at most.

    Returns:
        Each text with the summed probability of its paths; together at most 1. Source: Hannun et al., "First-pass
        large vocabulary continuous speech recognition using bi-directional recurrent DNNs", 2014.
    """
    # A text's paths are kept apart by whether they end in a blank: only then may its last character come again.
    beam: dict[str, tuple[float, float]] = {"": (1.0, 0.0)}
    blanks = columns[:, -1].tolist()
    followed = [
        [(ALPHABET[index], float(column[index])) for index in np.flatnonzero(column[:-1] > _LEAST_CHARACTER)]
        for column in columns
    ]
    for blank, characters in zip(blanks, followed, strict=True):
        beam = _advance(beam, blank, characters)
    ranked = sorted(((sum(paths), text) for text, paths in beam.items()), key=lambda entry: (-entry[0], entry[1]))
    return tuple(Candidate(text, min(1.0, probability)) for probability, text in ranked[:count])


def _advance(
    beam: dict[str, tuple[float, float]], blank: float, characters: list[tuple[str, float]]
) -> dict[str, tuple[float, float]]:
    odds = dict(characters)
    longer: dict[str, tuple[float, float]] = {}
    for text, (ended, open_) in beam.items():
        stays_ended, stays_open = longer.get(text, (0.0, 0.0))
        repeated = open_ * odds.get(text[-1], 0.0) if text else 0.0
        longer[text] = stays_ended + (ended + open_) * blank, stays_open + repeated
        for character, probability in characters:
            source = ended if text and character == text[-1] else ended + open_
            if source > 0:
                extended = text + character
                before_ended, before_open = longer.get(extended, (0.0, 0.0))
                longer[extended] = before_ended, before_open + source * probability
    if len(longer) <= _BEAM:
        return longer
    return dict(sorted(longer.items(), key=lambda item: -sum(item[1]))[:_BEAM])
