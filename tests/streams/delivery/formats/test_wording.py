"""The words of an alert: one line that a dispatcher takes in at a glance."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from streams.delivery.formats import wording
from streams.records import AlertEvent, AlertPurpose, Category, Outcome
from tests.alert_samples import sample_alert, sample_hit


def test_the_headline_says_all_that_matters_in_one_line() -> None:
    assert wording.headline(sample_alert()) == "STOLEN VEHICLE  ABC1234 (KY), 97 %, camera north-3, 12:00:00 UTC"


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"purpose": AlertPurpose.EXERCISE}, "EXERCISE: STOLEN VEHICLE"),
        ({"purpose": AlertPurpose.TEST}, "TEST: STOLEN VEHICLE"),
        ({"event": AlertEvent.ESCALATED}, "ESCALATED: STOLEN VEHICLE"),
        (
            {"event": AlertEvent.REOPENED},
            "SEEN AGAIN after it was cleared as misread, now at north-3 and exact: STOLEN VEHICLE",
        ),
        ({"event": AlertEvent.REJECTED}, "REJECTED: STOLEN VEHICLE"),
        ({"event": AlertEvent.NOT_CONFIRMED}, "NOT CONFIRMED: STOLEN VEHICLE"),
        ({"event": AlertEvent.CLEARED}, "CLEARED: STOLEN VEHICLE"),
        ({"hit": sample_hit(plate="ABC1Z34")}, "ABC1Z34 (KY), read ABC1234, 97 %"),
        ({"hit": sample_hit(state=None)}, "ABC1234, 97 %"),
        ({"hit": sample_hit(state="US-DE")}, "ABC1234 (DE), "),
        ({"hit": sample_hit(state="DE")}, "ABC1234 (country DE), "),
        ({"hit": sample_hit(Outcome.POSSIBLE)}, "97 %, POSSIBLE, camera"),
    ],
)
def test_the_headline_says_what_is_unusual(facts: dict[str, Any], words: str) -> None:
    assert words in wording.headline(sample_alert(**facts))


@pytest.mark.parametrize("category", Category)
def test_every_category_has_words(category: Category) -> None:
    assert wording.category_words(category).isupper()


@pytest.mark.parametrize(("probability", "words"), [(0.999, "99 %"), (1.0, "100 %"), (0.974, "97 %"), (0.0, "0 %")])
def test_only_what_is_certain_is_a_hundred_percent(probability: float, words: str) -> None:
    assert wording.percent(probability) == words


def test_a_place_that_was_read_otherwise_is_told_and_the_others_are_not() -> None:
    assert wording.doubtful_characters(sample_alert()) == ("Character 2: read 8 0.61, B 0.37; wanted B.",)


@pytest.mark.parametrize(
    ("fact", "words"),
    [("late", "came in only now"), ("historical", "before the entry was active"), ("corroborated", "sure alone")],
)
def test_what_lessens_a_hit_is_said(fact: str, words: str) -> None:
    hit = msgspec.structs.replace(sample_hit(), **{fact: True})
    assert any(words in remark for remark in wording.remarks(sample_alert(hit=hit)))
    assert wording.remarks(sample_alert()) == ()


def test_a_stale_list_and_a_partial_plate_are_said() -> None:
    hit = sample_hit(plate="ABC*")
    hit = msgspec.structs.replace(hit, match=msgspec.structs.replace(hit.match, hotlist_late=True))
    assert len(wording.remarks(sample_alert(hit=hit))) == 2


@pytest.mark.parametrize("event", AlertEvent)
def test_every_step_says_who_did_what(event: AlertEvent) -> None:
    step = sample_alert(event).steps[-1]
    assert f", by {step.by} ({step.role})" in wording.step_words(step)


def test_that_it_is_seen_again_is_said_until_a_person_has_compared_the_new_picture() -> None:
    reopened = sample_alert(AlertEvent.REOPENED)
    for event, said in ((AlertEvent.ESCALATED, True), (AlertEvent.VERIFIED, False), (AlertEvent.REJECTED, False)):
        after = sample_alert(event)
        later = msgspec.structs.replace(reopened, state=after.state, steps=(*reopened.steps, after.steps[-1]))
        assert ("SEEN AGAIN" in wording.headline(later)) is said
    assert wording.headline(sample_alert()) == wording.headline(sample_alert(AlertEvent.TAKEN)), "never closed"


def test_the_reason_of_an_override_is_told() -> None:
    assert wording.step_words(sample_alert(AlertEvent.OVERRIDDEN).steps[-1]).endswith(": pursuit under way")
