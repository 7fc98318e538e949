from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognizers.grammar import Grammar, format_of, issued_formats
from recognizers.plate import ALPHABET, Candidate

GRAMMAR = Grammar(frozenset({"99A99999", "AAA9999"}))

CANDIDATES = st.lists(st.builds(Candidate, st.text(ALPHABET, min_size=1, max_size=9), st.floats(0.0, 0.2)), max_size=5)


def test_a_text_of_an_issued_format_goes_before_its_look_alike() -> None:
    seen = (Candidate("6OH28822", 0.68), Candidate("60H28822", 0.30))
    assert [one.text for one in GRAMMAR.rerank(seen)] == ["60H28822", "6OH28822"]


def test_a_sure_read_of_no_issued_format_stays_what_it_is() -> None:
    seen = (Candidate("MYPL8", 0.97), Candidate("ABC1234", 0.01))
    assert GRAMMAR.rerank(seen)[0].text == "MYPL8"


@given(CANDIDATES)
def test_nothing_is_invented_and_no_certainty_is_gained(seen: list[Candidate]) -> None:
    ranked = GRAMMAR.rerank(seen)
    assert sorted(one.text for one in ranked) == sorted(one.text for one in seen)
    assert sum(one.confidence for one in ranked) == pytest.approx(sum(one.confidence for one in seen))


@pytest.mark.parametrize("text", ["ABC1234", "1ABC234", "34A36837", "WR7777G", "ABC1D23", "MN41"])
def test_plates_of_many_places_have_issued_formats(text: str) -> None:
    assert format_of(text) in issued_formats().formats
