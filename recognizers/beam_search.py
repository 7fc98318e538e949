"""The likeliest texts of a reader's columns: prefix beam search of connectionist temporal classification."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recognizers.plate import ALPHABET, Candidate

# Less likely characters of a column are not followed, nor texts far behind the best: of a clear plate one to five
# texts are then alive at a time, and a search takes 0.3 ms. Without these bounds noise takes 20 ms.
_LEAST_CHARACTER = 2e-3
_MOST_CHARACTERS = 4
_BEAM = 10
_BEHIND_BEST = 1e-4

# Product of the best odds of all columns below which no text is searched for: whatever came out would be noise.
_HOPELESS = 1e-3


def likeliest_texts(columns: NDArray[np.floating], count: int) -> tuple[Candidate, ...]:
    """The texts that the columns most probably spell, best first; the empty text is one of them.

    Args:
        columns: shape (columns, 37): for each column the probability of each character and, last, of the blank.
        count: how many to give at most.

    Returns:
        Each text with the summed probability of its paths; together at most 1; none where the columns
        spell nothing clear. Source: Hannun et al., "First-pass
        large vocabulary continuous speech recognition using bi-directional recurrent DNNs", 2014.
    """
    best = columns.max(axis=1)
    if float(best.prod()) < _HOPELESS:
        return ()
    # A text's paths are kept apart by whether they end in a blank: only then may its last character come again.
    beam: dict[str, tuple[float, float]] = {"": (1.0, 0.0)}
    for blank, characters in zip(columns[:, -1].tolist(), _followed(columns[:, :-1]), strict=True):
        beam = _advance(beam, blank, characters)
    ranked = sorted(((ended + open_, text) for text, (ended, open_) in beam.items()), key=lambda e: (-e[0], e[1]))
    return tuple(Candidate(text, min(1.0, probability)) for probability, text in ranked[:count])


def _followed(odds: NDArray[np.floating]) -> list[list[tuple[str, float]]]:
    """For each column the characters worth following, with their odds."""
    followed: list[list[tuple[str, float]]] = [[] for _ in odds]
    at_column, at_character = np.nonzero(odds > _LEAST_CHARACTER)
    for column, character in zip(at_column.tolist(), at_character.tolist(), strict=True):
        followed[column].append((ALPHABET[character], float(odds[column, character])))
    return [sorted(found, key=lambda entry: -entry[1])[:_MOST_CHARACTERS] for found in followed]


def _advance(
    beam: dict[str, tuple[float, float]], blank: float, characters: list[tuple[str, float]]
) -> dict[str, tuple[float, float]]:
    """The beam after one more column."""
    odds = dict(characters)
    longer: dict[str, tuple[float, float]] = {}
    for text, (ended, open_) in beam.items():
        both = ended + open_
        last = text[-1:]
        before_ended, before_open = longer.get(text, (0.0, 0.0))
        longer[text] = before_ended + both * blank, before_open + open_ * odds.get(last, 0.0)
        for character, probability in characters:
            source = ended if character == last else both
            if source > 0:
                extended = text + character
                before_ended, before_open = longer.get(extended, (0.0, 0.0))
                longer[extended] = before_ended, before_open + source * probability
    if len(longer) == 1:
        return longer
    ranked = sorted(longer.items(), key=lambda entry: -entry[1][0] - entry[1][1])[:_BEAM]
    least = (ranked[0][1][0] + ranked[0][1][1]) * _BEHIND_BEST
    return {text: paths for text, paths in ranked if paths[0] + paths[1] >= least}
