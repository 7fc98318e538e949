"""Which measured characters a simulated vehicle is put together of."""

from __future__ import annotations

import numpy as np

from infra.bench.donors import Columns, Donor, Donors, MeasuredPlate

LOST: Columns = ({"": 0.9, "X": 0.1},)


def seen(character: str, p: float = 1.0) -> Columns:
    return ({character: p},)


def plate(text: str, lost: tuple[int, ...] = (), p: float = 1.0) -> MeasuredPlate:
    """A plate before one camera, twice; some of its characters are lost in the second look."""
    characters: list[Donor] = [
        ((seen(character, p), LOST if place in lost else seen(character, p)),) for place, character in enumerate(text)
    ]
    return MeasuredPlate(text, tuple(characters))


def drawn(text: str, *plates: MeasuredPlate) -> list[tuple[Donor, ...]]:
    rng = np.random.default_rng(1)
    donors = Donors(plates, 1.0)
    return [donors.draw(text, rng).characters for _ in range(40)]


def is_lost(donor: Donor) -> bool:
    return donor[0][1] == LOST


def test_a_character_is_known_if_it_was_measured_three_times() -> None:
    assert Donors([plate("ABAB"), plate("AC")], 1.0).characters == {"A"}


def test_what_is_cut_off_a_measured_plate_is_cut_off_the_simulated_one_too() -> None:
    cut = [plate("ABAB", lost=(0,)) for _ in range(5)]
    whole = [plate("ABAB") for _ in range(5)]
    lost = [tuple(map(is_lost, characters)) for characters in drawn("BABA", *cut, *whole, *[plate("BA", (0,))] * 5)]
    assert set(lost) == {(True, False, False, False), (False, False, False, False)}


def test_a_look_that_sees_nothing_loses_all_characters_together() -> None:
    blind = [plate("AAAA", lost=(0, 1, 2, 3)) for _ in range(5)]
    whole = [plate("AAAA") for _ in range(5)]
    lost = {tuple(map(is_lost, characters)) for characters in drawn("AAAA", *blind, *whole)}
    assert lost == {(True,) * 4, (False,) * 4}


def test_characters_of_one_vehicle_are_of_plates_that_were_read_as_well() -> None:
    sharp, small = [plate("AB", p=0.99) for _ in range(5)], [plate("AB", p=0.2) for _ in range(5)]
    sure = {
        tuple(donor[0][0][0][c] for donor, c in zip(found, "BA", strict=True)) for found in drawn("BA", *sharp, *small)
    }
    assert sure == {(0.99, 0.99), (0.2, 0.2)}


def test_a_vehicle_fares_like_a_measured_plate_of_its_length_or_else_of_the_nearest() -> None:
    donors = Donors([plate("AAA"), plate("AAAAA"), plate("AAAAAA")], 1.0)
    rng = np.random.default_rng(1)
    assert {donors.draw("AAAAA", rng).source for _ in range(20)} == {1}
    assert {donors.draw("AAAAAAAA", rng).source for _ in range(20)} == {2}
    assert {donors.draw("AA", rng).source for _ in range(20)} == {0}


def test_the_last_character_fares_like_the_last_of_a_shorter_plate() -> None:
    cut = [plate("AAA", lost=(2,)) for _ in range(6)]
    assert {tuple(map(is_lost, found)) for found in drawn("AAAAA", *cut)} == {(False, False, False, True, True)}
