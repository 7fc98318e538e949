from __future__ import annotations

import itertools

import cv2
import numpy as np
import pytest

from recognizers.plate import ALPHABET
from recognizers.rendering.dies import DIES, die_named, die_names, distinct_die_names, draw_die

HEIGHT = 64


@pytest.mark.parametrize("name", die_names()[::6])
def test_a_die_draws_every_character_at_its_height(name: str) -> None:
    die = die_named(name)
    assert die is not None
    for character in ALPHABET:
        mask = draw_die(die, character, HEIGHT)
        assert mask.shape[0] == HEIGHT
        assert mask.max() > 200
        assert mask.shape[1] < 1.2 * HEIGHT


@pytest.mark.parametrize("name", die_names()[::12])
def test_characters_of_a_die_differ(name: str) -> None:
    die = die_named(name)
    assert die is not None
    # Some dies shape O as 0, and a bare bar is both I and 1: there only the format tells.
    letters = [character for character in ALPHABET if character not in "01"]
    masks = {c: cv2.resize(draw_die(die, c, HEIGHT), (32, HEIGHT)).astype(np.float32) / 255 for c in letters}
    for one, other in itertools.combinations(letters, 2):
        assert np.abs(masks[one] - masks[other]).mean() > 0.006, (one, other)


def test_a_font_is_no_die() -> None:
    assert die_named("Overpass") is None


def test_where_each_character_is_to_be_its_own_no_die_shapes_a_0_as_its_d() -> None:
    names = distinct_die_names()
    assert set(names) < set(die_names())
    assert len(names) > DIES / 3
    for name in names:
        die = die_named(name)
        assert die is not None
        zero, d = draw_die(die, "0", 60), draw_die(die, "D", 60)
        d = np.asarray(cv2.resize(d, (zero.shape[1], zero.shape[0])))
        assert np.abs(zero.astype(int) - d).mean() > 8
