from __future__ import annotations

import pytest

from recognizers.jurisdictions import STATES
from recognizers.state_lexicon import LONGEST_WORD, build_lexicon, spelt, us_lexicon


def speaks(word: str, state: str, **carried: tuple[str, ...]) -> float:
    lexicon = build_lexicon({f"US-{code}": words for code, words in carried.items()})
    return float(lexicon.speaks_for[lexicon.words.index(word), STATES.index(state)])


def test_a_name_speaks_for_its_state_and_a_shared_slogan_for_each_that_has_it() -> None:
    carried = {"OH": ("Ohio", "In God We Trust"), "IN": ("INDIANA", "In God We Trust")}
    assert speaks("OHIO", "US-OH", **carried) == 0.5
    assert speaks("OHIO", "US-IN", **carried) == 0
    assert speaks("INGODWETRUST", "US-OH", **carried) == speaks("INGODWETRUST", "US-IN", **carried) == 0.5


@pytest.mark.parametrize(
    ("written", "letters"),
    [("New York", "NEWYORK"), ("10,000 lakes", "10000LAKES"), ("dmv.ca.gov", "DMVCAGOV"), ("", "")],
)
def test_words_are_spelt_without_gaps(written: str, letters: str) -> None:
    assert spelt(written) == letters


def test_every_state_has_its_name_and_no_word_is_too_long_to_be_read() -> None:
    lexicon = us_lexicon()
    assert {"CALIFORNIA", "NORTHCAROLINA", "WASHINGTONDC"} <= set(lexicon.words)
    assert max(map(len, lexicon.words)) <= LONGEST_WORD
    assert (lexicon.speaks_for.sum(axis=0) > 0).all()
