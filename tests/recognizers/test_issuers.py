from __future__ import annotations

import pytest

from recognizers.issuers import divided, fuse_issuers, likeliest, told_code
from recognizers.plate import Issuer


def codes(*pairs: tuple[str, float]) -> tuple[Issuer, ...]:
    return tuple(Issuer(code, probability) for code, probability in pairs)


def test_the_share_of_the_nation_is_divided_among_its_states() -> None:
    found = divided(codes(("US", 0.8), ("BR", 0.15)), codes(("US-OH", 0.75), ("US-KY", 0.25)))
    assert [(one.code, round(one.probability, 6)) for one in found] == [("US-OH", 0.6), ("US-KY", 0.2), ("BR", 0.15)]


def test_without_states_the_nation_stays() -> None:
    assert divided(codes(("US", 0.8)), ()) == codes(("US", 0.8))


def test_issuers_of_several_looks_are_averaged_by_weight() -> None:
    first, second = (Issuer("US-OH", 0.8), Issuer("US-KY", 0.2)), (Issuer("US-KY", 0.6),)
    fused = fuse_issuers([(first, 1.0), (second, 0.5), ((), 9.0)])
    assert [one.code for one in fused] == ["US-OH", "US-KY"]
    assert [one.probability for one in fused] == pytest.approx([0.8 / 1.5, (0.2 + 0.3) / 1.5])


def test_looks_that_say_nothing_of_the_issuer_leave_it_open() -> None:
    assert fuse_issuers([((), 1.0)]) == ()


def test_looks_from_afar_that_know_the_nation_alone_speak_for_the_states_of_nearer_ones() -> None:
    far, near = codes(("US", 0.95), ("BR", 0.05)), codes(("US-CA", 0.93), ("US-NV", 0.05))
    fused = fuse_issuers([(far, 3.0), (near, 1.0)])
    assert fused[0].code == "US-CA"
    assert fused[0].probability > 0.85
    assert "US" not in {one.code for one in fused}


@pytest.mark.parametrize(
    ("issuers", "told"),
    [
        pytest.param(codes(("US-OH", 0.9)), "US-OH", id="sure"),
        pytest.param(codes(("US-OH", 0.7)), None, id="not-sure-enough"),
        pytest.param(codes(("", 0.15), ("DE", 0.82)), "DE", id="no-plate-is-no-issuer"),
        pytest.param((), None, id="nothing-known"),
    ],
)
def test_an_issuer_is_told_only_where_it_is_sure(issuers: tuple[Issuer, ...], told: str | None) -> None:
    assert told_code(issuers, 0.8) == told


def test_no_plate_is_nobody() -> None:
    assert likeliest(codes(("", 0.9))) is None
