from __future__ import annotations

import pytest

from recognizers.plate import Issuer
from recognizers.plate_shapes import fit, weigh_by_shape


@pytest.mark.parametrize(
    ("aspect", "likeliest"),
    [
        pytest.param(2.0, "US", id="american"),
        pytest.param(3.1, "BR", id="brazilian"),
        pytest.param(4.6, "DE", id="european"),
    ],
)
def test_the_shape_decides_between_nations_that_the_face_leaves_open(aspect: float, likeliest: str) -> None:
    nations = [Issuer(code, 0.3) for code in ("US", "BR", "DE")]
    weighed = weigh_by_shape(nations, aspect)
    assert weighed[0].code == likeliest
    assert sum(one.probability for one in weighed) == pytest.approx(0.9)


def test_a_badly_found_shape_does_not_overrule_a_clear_face() -> None:
    assert weigh_by_shape([Issuer("US", 0.98), Issuer("BR", 0.02)], 3.0)[0].code == "US"


def test_what_has_no_shape_fits_nothing_in_particular() -> None:
    assert 0 < fit("", 2.0) < fit("US", 2.0)
    assert fit("BR", 0.0) == fit("", 2.0)
