from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognizers.grammar import build_grammar, format_of, issued_formats
from recognizers.jurisdictions import NATIONS, STATES
from recognizers.plate import ALPHABET, Candidate, Issuer
from recognizers.rendering.layouts import Layout, Style


def layout(name: str, *patterns: str, letters: str = ALPHABET[10:]) -> Layout:
    return Layout(name=name, region=name, style=Style.US, size_mm=(300, 150), patterns=patterns, letters=letters)


GRAMMAR = build_grammar(
    {
        "VN": [layout("VN", "99A-999.99")],
        "BR": [layout("BR", "AAA-9999")],
        "US-OH": [layout("US-OH", "AAA 999", letters="ABCDEFGH")],
    }
)

CANDIDATES = st.lists(st.builds(Candidate, st.text(ALPHABET, min_size=1, max_size=9), st.floats(0.0, 0.2)), max_size=5)


def test_a_text_of_an_issued_format_goes_before_its_look_alike() -> None:
    seen = (Candidate("6OH28822", 0.68), Candidate("60H28822", 0.30))
    assert [one.text for one in GRAMMAR.rerank(seen)] == ["60H28822", "6OH28822"]


def test_a_sure_read_of_no_issued_format_stays_what_it_is() -> None:
    seen = (Candidate("MYPL8", 0.97), Candidate("ABC1234", 0.01))
    assert GRAMMAR.rerank(seen)[0].text == "MYPL8"


@pytest.mark.parametrize(
    ("issuer", "best"),
    [
        pytest.param("BR", "ABC0123", id="three-letters-and-four-digits-in-brazil"),
        pytest.param("US-OH", "ABCO12", id="a-personal-plate-in-ohio"),
    ],
)
def test_the_issuer_decides_which_formats_count(issuer: str, best: str) -> None:
    seen = (Candidate("ABCO12", 0.5), Candidate("ABC0123", 0.2))
    assert GRAMMAR.rerank(seen, [Issuer(issuer, 0.95)])[0].text == best


def test_a_wrong_issuer_costs_a_clear_read_little() -> None:
    seen = (Candidate("ABC0123", 0.9), Candidate("ABCO12", 0.02))
    assert GRAMMAR.rerank(seen, [Issuer("VN", 0.99)])[0].text == "ABC0123"


def test_a_letter_that_is_kept_out_of_serials_is_less_likely_than_its_look_alike() -> None:
    issued, unusual = GRAMMAR.odds("ABD123", [Issuer("US-OH", 1.0)]), GRAMMAR.odds("ABO123", [Issuer("US-OH", 1.0)])
    assert unusual < issued


def test_an_issuer_that_has_no_such_format_becomes_less_likely() -> None:
    seen = (Issuer("US-OH", 0.5), Issuer("BR", 0.4))
    weighed = GRAMMAR.weigh_issuers(seen, "ABC1234")
    assert [one.code for one in weighed] == ["BR", "US-OH"]
    assert sum(one.probability for one in weighed) == pytest.approx(0.9)


def test_no_plate_is_no_refuge_for_texts_that_nobody_issues() -> None:
    weighed = GRAMMAR.weigh_issuers((Issuer("US-OH", 0.9), Issuer("", 0.05)), "GOGATRS")
    assert weighed[0].code == "US-OH"
    assert weighed[0].probability > 0.85


@pytest.mark.parametrize(
    ("text", "issuer", "issued"),
    [
        pytest.param("ABC1234", "BR", True, id="its-own"),
        pytest.param("ABC1234", "US-OH", False, id="another-jurisdictions"),
        pytest.param("FORD1", "BR", False, id="a-badge"),
    ],
)
def test_a_text_counts_as_issued_where_its_likely_issuer_issues_it(text: str, issuer: str, issued: bool) -> None:
    assert GRAMMAR.is_issued(text, [Issuer(issuer, 0.9)]) is issued


def test_every_issuer_of_the_layouts_is_one_that_the_reader_can_tell() -> None:
    assert set(issued_formats().jurisdictions) <= {*NATIONS, *STATES}


@given(CANDIDATES)
def test_nothing_is_invented_and_no_certainty_is_gained(seen: list[Candidate]) -> None:
    ranked = GRAMMAR.rerank(seen)
    assert sorted(one.text for one in ranked) == sorted(one.text for one in seen)
    assert sum(one.confidence for one in ranked) == pytest.approx(sum(one.confidence for one in seen))


@pytest.mark.parametrize("text", ["ABC1234", "1ABC234", "34A36837", "WR7777G", "ABC1D23", "MN41"])
def test_plates_of_many_places_have_issued_formats(text: str) -> None:
    assert issued_formats().is_issued(text), format_of(text)
