from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognizers.grammar import build_grammar, issued_formats
from recognizers.issue_tables import build_table, format_of
from recognizers.jurisdictions import NATIONS, STATES
from recognizers.plate import ALPHABET, Candidate, Issuer
from recognizers.rendering.layouts import Layout, Style


def layout(region: str, *patterns: str, **changes: object) -> Layout:
    given_ = {"name": region, "region": region, "style": Style.US, "size_mm": (300, 150), "patterns": patterns}
    return Layout(**{**given_, **changes})  # type: ignore[arg-type]


NO_O = "ABCDEFGHJKLMN"
GRAMMAR = build_grammar(
    [
        layout("VN", "99A-999.99"),
        layout("BR", "AAA-9999"),
        layout("US-OH", "AAA 999", letters=NO_O, rare_patterns=("XXXXXX",), rare_share=0.2),
        layout("US-KY", "999 AAA", letters=NO_O),
    ],
    {"US": 0.6, "BR": 0.2, "VN": 0.2},
)

CANDIDATES = st.lists(st.builds(Candidate, st.text(ALPHABET, min_size=1, max_size=9), st.floats(0.0, 0.2)), max_size=5)


def best(issuer: str, *seen: tuple[str, float]) -> str:
    candidates = [Candidate(text, confidence) for text, confidence in seen]
    return GRAMMAR.rerank(candidates, [Issuer(issuer, 0.97)])[0].text


def test_the_text_that_the_issuer_issues_goes_before_its_look_alike() -> None:
    assert best("BR", ("0LA1208", 0.8), ("OLA1208", 0.1)) == "OLA1208"
    assert best("US-KY", ("ABCI23", 0.6), ("A8C123", 0.2), ("123ABC", 0.1)) == "123ABC"


def test_between_texts_that_the_issuer_issues_as_often_the_readers_word_holds() -> None:
    assert best("BR", ("ABC1234", 0.5), ("ABD1234", 0.4)) == "ABC1234"
    before = (Candidate("ABC1234", 0.5), Candidate("ABD1234", 0.4))
    assert [one.confidence for one in GRAMMAR.rerank(before, [Issuer("BR", 1.0)])] == pytest.approx([0.5, 0.4])


def test_without_a_known_issuer_nothing_changes() -> None:
    seen = (Candidate("0LA1208", 0.5), Candidate("OLA1208", 0.3))
    assert GRAMMAR.rerank(seen) == seen


def test_a_personal_plate_of_a_state_that_has_them_stays_what_it_is() -> None:
    assert best("US-OH", ("G0BUCK", 0.9), ("ABC123", 0.02)) == "G0BUCK"


def test_a_wrong_issuer_is_not_the_end_of_a_clear_read() -> None:
    assert best("VN", ("ABC0123", 0.9), ("ABCO123", 0.02)) == "ABC0123"


def test_a_state_that_issues_the_text_becomes_likelier_and_nations_keep_their_share() -> None:
    seen = (Issuer("US-OH", 0.5), Issuer("US-KY", 0.3), Issuer("BR", 0.2))
    weighed = {one.code: one.probability for one in GRAMMAR.weigh_states(seen, "123ABC")}
    assert weighed["US-KY"] > 0.75
    assert weighed["BR"] == 0.2
    assert sum(weighed.values()) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("text", "issuer", "issued"),
    [
        pytest.param("ABC1234", "BR", True, id="its-own"),
        pytest.param("ABC1234", "US-OH", False, id="another-jurisdictions"),
        pytest.param("REFERRAL", "US-OH", False, id="a-word"),
    ],
)
def test_a_text_counts_as_issued_where_its_likely_issuer_issues_it(text: str, issuer: str, issued: bool) -> None:
    assert GRAMMAR.is_issued(text, [Issuer(issuer, 0.9)]) is issued


@given(CANDIDATES)
def test_nothing_is_invented_and_no_certainty_is_gained(seen: list[Candidate]) -> None:
    settled = GRAMMAR.settle(seen, [Issuer("BR", 0.8)])
    assert sorted(one.text for one in settled.texts) == sorted(one.text for one in seen)
    assert sum(one.confidence for one in settled.texts) == pytest.approx(sum(one.confidence for one in seen))


def test_all_texts_of_a_short_pattern_together_are_the_share_of_their_plates() -> None:
    table = build_table([layout("BR", "A9", letters="AB")])
    total = sum(table.density(letter + digit) for letter in "AB" for digit in "0123456789")
    assert total == pytest.approx(0.998, abs=0.001)


@pytest.mark.parametrize("text", ["ABC1234", "1ABC234", "34A36837", "WR7777G", "ABC1D23", "MN41"])
def test_plates_of_many_places_have_issued_formats(text: str) -> None:
    assert issued_formats().is_issued(text), format_of(text)


def test_every_issuer_of_the_layouts_is_one_that_can_be_told() -> None:
    assert set(issued_formats().tables) <= {*NATIONS, *STATES}
