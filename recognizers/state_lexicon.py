"""The words on US plates and the states that they speak for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from recognizers.jurisdictions import STATES
from recognizers.plate import ALPHABET
from recognizers.rendering.layouts import load_layouts

LONGEST_WORD = 20
"""Letters of a name or slogan; longer ones are too fine to read."""


@dataclass(frozen=True, slots=True, eq=False)
class Lexicon:
    """All words, and how much each speaks for each state."""

    words: tuple[str, ...]
    """Spelt as `spelt` does."""
    speaks_for: NDArray[np.float64]
    """Shape (words, states): how often a plate of the state carries the word at one edge, if any known one."""


def spelt(words: str) -> str:
    """The letters and digits of a name or slogan, in upper case and without gaps."""
    return "".join(character for character in words.upper() if character in ALPHABET)


@cache
def us_lexicon() -> Lexicon:
    """The names and slogans of the bundled US layouts."""
    layouts = [layout for layout in load_layouts().values() if layout.jurisdiction in STATES]
    return build_lexicon({layout.jurisdiction: layout.titles + layout.slogans for layout in layouts})


def build_lexicon(carried: Mapping[str, tuple[str, ...]]) -> Lexicon:
    """The lexicon of what the plates of each state carry."""
    usable = {
        state: tuple(dict.fromkeys(word for text in texts if 0 < len(word := spelt(text)) <= LONGEST_WORD))
        for state, texts in carried.items()
    }
    words = tuple(sorted({word for texts in usable.values() for word in texts}))
    speaks = np.zeros((len(words), len(STATES)))
    for state, texts in usable.items():
        for word in texts:
            speaks[words.index(word), STATES.index(state)] = 1 / len(texts)
    return Lexicon(words, speaks)
