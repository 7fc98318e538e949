from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.delivery.choice import is_within, wants
from streams.delivery.subscription import (
    TOLD_BY_DEFAULT,
    AlertChoice,
    Circle,
    Polygon,
    Schedule,
    Shift,
    Subscription,
    Weekday,
)
from streams.records import Alert, AlertEvent, AlertStep, Category, GeoPoint, HitSighting, Outcome
from tests.builders import build_alert, build_entry, build_hit, build_match, build_subscription, moment

GATE = GeoPoint(38.2, -85.7)
BRIDGE = GeoPoint(38.3, -85.7)
WORKDAYS = (Weekday.MONDAY, Weekday.TUESDAY, Weekday.WEDNESDAY, Weekday.THURSDAY, Weekday.FRIDAY)


def subscriber(**choice: Any) -> Subscription:
    return build_subscription(choice=AlertChoice(**choice))


def seen(camera: str = "gate", at_s: float = 0.0, location: GeoPoint | None = GATE) -> HitSighting:
    return HitSighting(
        detection=f"{camera}-{at_s:g}", plate="ABC123", camera=camera, captured_at=moment(at_s),
        location=location, probability=0.95,
    )  # fmt: skip


def alert_of(
    *sightings: HitSighting,
    event: AlertEvent = AlertEvent.RAISED,
    outcome: Outcome = Outcome.EXACT,
    entry: dict[str, Any] | None = None,
    **changes: Any,
) -> Alert:
    """An alert to which `event` has just happened."""
    match = build_match(entry=build_entry(**(entry or {})))
    hit = build_hit(match=match, outcome=outcome, sightings=sightings, opened_at=moment())
    raised = build_alert(hit=hit)
    if event is not AlertEvent.RAISED:
        step = AlertStep(event=event, at=moment(60), by="Officer Lane", role="member")
        changes = {"steps": (*raised.steps, step), "revision": 2, **changes}
    return msgspec.structs.replace(raised, **changes)


@pytest.mark.parametrize(
    ("choice", "alert", "wanted"),
    [
        pytest.param({}, alert_of(), True, id="no-choice-is-all-that-is-likely"),
        pytest.param({}, alert_of(outcome=Outcome.POSSIBLE), False, id="but-not-what-is-merely-possible"),
        pytest.param(
            {"outcomes": ()}, alert_of(outcome=Outcome.POSSIBLE), True, id="unless-all-outcomes-are-asked-for"
        ),
        pytest.param({"categories": (Category.AMBER,)}, alert_of(), False, id="other-category"),
        pytest.param(
            {"categories": (Category.AMBER, Category.STOLEN_VEHICLE)}, alert_of(), True, id="one-of-the-categories"
        ),
        pytest.param({"least_urgent": 2}, alert_of(priority=3), False, id="less-urgent"),
        pytest.param({"least_urgent": 2}, alert_of(priority=2), True, id="just-as-urgent"),
        pytest.param({"hotlists": ("ncic",)}, alert_of(), False, id="other-list"),
        pytest.param({"hotlists": ("stolen",)}, alert_of(), True, id="its-list"),
        pytest.param({"cameras": ("gate",)}, alert_of(seen("gate")), True, id="its-camera"),
        pytest.param({"cameras": ("gate",)}, alert_of(seen("gate-2")), False, id="a-camera-that-begins-alike"),
        pytest.param({"cameras": ("gate*",)}, alert_of(seen("gate-2")), True, id="a-star-is-any-characters"),
        pytest.param({"cameras": ("*-2",)}, alert_of(seen("gate-2")), True, id="in-front-too"),
        pytest.param({"cameras": ("n*-*-2",)}, alert_of(seen("north-gate-2")), True, id="several-stars"),
        pytest.param({"cameras": ("gate.",)}, alert_of(seen("gate2")), False, id="a-dot-is-a-dot"),
        pytest.param({"cameras": ("gate",)}, alert_of(), True, id="the-detection-counts-where-there-are-no-sightings"),
        pytest.param({"areas": (Circle(GATE, 100),)}, alert_of(seen(location=GATE)), True, id="in-the-circle"),
        pytest.param({"areas": (Circle(GATE, 100),)}, alert_of(seen(location=BRIDGE)), False, id="out-of-it"),
        pytest.param({"areas": (Circle(GATE, 100),)}, alert_of(seen(location=None)), False, id="nowhere-is-in-no-area"),
        pytest.param(
            {"areas": (Circle(GATE, 100), Circle(BRIDGE, 100))}, alert_of(seen(location=BRIDGE)), True, id="one-of-two"
        ),
        pytest.param(
            {"areas": (Polygon((GeoPoint(38, -86), GeoPoint(38, -85), GeoPoint(39, -85.5))),)},
            alert_of(seen(location=GATE)),
            True,
            id="in-the-polygon",
        ),
        pytest.param(
            {"cameras": ("gate",), "areas": (Circle(BRIDGE, 100),)},
            alert_of(seen("gate"), seen("bridge", 60, BRIDGE)),
            False,
            id="camera-and-area-are-of-one-sighting",
        ),
        pytest.param(
            {"categories": (Category.STOLEN_VEHICLE,), "least_urgent": 1}, alert_of(), False, id="all-must-hold"
        ),
    ],
)
def test_a_subscriber_gets_what_it_chose(choice: dict[str, Any], alert: Alert, wanted: bool) -> None:
    assert wants(subscriber(**choice), alert) is wanted


@pytest.mark.policy("KY-K")
def test_patrol_gets_the_hits_of_the_cameras_on_its_beat() -> None:
    patrol = subscriber(cameras=("north-*", "bridge"))
    assert wants(patrol, alert_of(seen("north-7")))
    assert wants(patrol, alert_of(seen("bridge")))
    assert not wants(patrol, alert_of(seen("south-1")))


@pytest.mark.policy("KY-K")
def test_patrol_hears_of_a_vehicle_that_comes_onto_its_beat_when_it_does_and_not_of_each_further_sighting() -> None:
    patrol = subscriber(cameras=("north-*",))
    came = alert_of(seen("south-1"), seen("north-7", 120), event=AlertEvent.SIGHTED)
    stayed = alert_of(seen("south-1"), seen("north-7", 120), seen("north-8", 180), event=AlertEvent.SIGHTED)
    left = alert_of(seen("north-7"), seen("south-1", 120), event=AlertEvent.SIGHTED)
    assert wants(patrol, came)
    assert not wants(patrol, stayed)
    assert not wants(patrol, left)
    assert wants(patrol, msgspec.structs.replace(left, steps=alert_of(event=AlertEvent.CLEARED).steps))


def test_a_vehicle_that_came_onto_the_beat_before_it_was_known_to_be_elsewhere_is_told_too() -> None:
    """Sightings come in late: the newest is not always the last that passed."""
    late = alert_of(seen("south-1"), seen("north-7", 60), seen("south-2", 120), event=AlertEvent.SIGHTED)
    assert wants(subscriber(cameras=("north-*",)), late)


def test_who_did_not_ask_to_hear_of_new_alerts_does_not_hear_of_arrivals_either() -> None:
    came = alert_of(seen("south-1"), seen("north-7", 120), event=AlertEvent.SIGHTED)
    assert not wants(subscriber(cameras=("north-*",), events=(AlertEvent.VERIFIED,)), came)
    assert wants(subscriber(cameras=("north-*",), events=(AlertEvent.RAISED,)), came)


@pytest.mark.parametrize("event", list(AlertEvent))
def test_without_a_choice_of_events_only_what_changes_the_receivers_doing_is_told(event: AlertEvent) -> None:
    assert wants(subscriber(), alert_of(seen(), event=event)) is (event in TOLD_BY_DEFAULT)


@pytest.mark.parametrize("event", list(AlertEvent))
def test_a_subscriber_to_verified_gets_only_that(event: AlertEvent) -> None:
    verified = subscriber(events=(AlertEvent.VERIFIED,))
    assert wants(verified, alert_of(seen(), event=event)) is (event is AlertEvent.VERIFIED)


def test_who_wants_what_is_likely_hears_of_a_possible_alert_when_it_is_upgraded_and_from_then_on() -> None:
    both = subscriber()
    assert not wants(both, alert_of(outcome=Outcome.POSSIBLE))
    for event in (AlertEvent.UPGRADED, AlertEvent.VERIFIED, AlertEvent.CLEARED):
        assert wants(both, alert_of(outcome=Outcome.LIKELY, event=event))


def test_who_was_told_that_an_alert_is_likely_after_all_hears_how_it_ends_if_a_better_look_makes_it_possible() -> None:
    upgraded = alert_of(outcome=Outcome.LIKELY, event=AlertEvent.UPGRADED)
    rejected = AlertStep(event=AlertEvent.REJECTED, at=moment(120), by="Lane", role="dispatcher")
    possible = msgspec.structs.replace(upgraded.hit, outcome=Outcome.POSSIBLE)
    ended = msgspec.structs.replace(upgraded, hit=possible, steps=(*upgraded.steps, rejected))
    assert wants(subscriber(), ended)
    assert not wants(subscriber(outcomes=(Outcome.EXACT,)), ended)


def test_who_asked_only_for_new_alerts_hears_of_one_that_becomes_likely() -> None:
    upgraded = alert_of(outcome=Outcome.LIKELY, event=AlertEvent.UPGRADED)
    assert wants(subscriber(events=(AlertEvent.RAISED,)), upgraded)
    # Who was told of it as possible has heard of it.
    assert not wants(subscriber(events=(AlertEvent.RAISED,), outcomes=()), upgraded)


def test_nobody_is_told_whose_subscription_is_disabled() -> None:
    disabled = msgspec.structs.replace(subscriber(), disabled_because="under repair")
    assert not wants(disabled, alert_of())


def shift(begins: str = "00:00", ends: str = "24:00", *days: Weekday) -> Shift:
    return Shift(days=days or tuple(Weekday), begins=begins, ends=ends)


@pytest.mark.parametrize(
    ("zone", "hours", "at", "within"),
    [
        pytest.param("UTC", shift("08:00", "18:00", *WORKDAYS), "2026-11-23T08:00Z", True, id="monday-as-it-begins"),
        pytest.param("UTC", shift("08:00", "18:00", *WORKDAYS), "2026-11-23T07:59:59Z", False, id="a-second-before"),
        pytest.param("UTC", shift("08:00", "18:00", *WORKDAYS), "2026-11-23T17:59:59Z", True, id="its-last-second"),
        pytest.param("UTC", shift("08:00", "18:00", *WORKDAYS), "2026-11-23T18:00Z", False, id="as-it-ends"),
        pytest.param("UTC", shift("08:00", "18:00", *WORKDAYS), "2026-11-22T12:00Z", False, id="sunday"),
        pytest.param("UTC", shift(), "2026-11-22T23:59:59Z", True, id="the-whole-day"),
        pytest.param("America/New_York", shift("08:00", "18:00"), "2026-11-23T13:00Z", True, id="eight-in-new-york"),
        pytest.param("America/New_York", shift("08:00", "18:00"), "2026-11-23T12:59Z", False, id="not-yet-eight-there"),
        pytest.param("America/New_York", shift("08:00", "18:00"), "2026-07-01T12:00Z", True, id="eight-in-its-summer"),
        pytest.param(
            "Asia/Tokyo", shift("00:00", "24:00", Weekday.MONDAY), "2026-11-22T15:00Z", True, id="monday-there"
        ),
        pytest.param("UTC", shift("22:00", "06:00", Weekday.FRIDAY), "2026-11-27T22:00Z", True, id="friday-night"),
        pytest.param("UTC", shift("22:00", "06:00", Weekday.FRIDAY), "2026-11-28T05:59Z", True, id="until-saturday"),
        pytest.param("UTC", shift("22:00", "06:00", Weekday.FRIDAY), "2026-11-28T06:00Z", False, id="saturday-at-six"),
        pytest.param("UTC", shift("22:00", "06:00", Weekday.FRIDAY), "2026-11-27T05:00Z", False, id="thursdays-night"),
        pytest.param("UTC", shift("22:00", "06:00", Weekday.FRIDAY), "2026-11-28T22:00Z", False, id="saturdays-night"),
        pytest.param("UTC", shift("18:00", "00:00", Weekday.FRIDAY), "2026-11-27T23:59Z", True, id="until-midnight"),
        pytest.param("UTC", shift("18:00", "00:00", Weekday.FRIDAY), "2026-11-28T00:00Z", False, id="not-after-it"),
        # New York's clocks went from 2:00 to 3:00 on 8 March 2026 at 7:00 UTC, and from 2:00 to 1:00 on 1 November.
        pytest.param("America/New_York", shift("03:00", "04:00"), "2026-03-08T07:00Z", True, id="spring-skips-two"),
        pytest.param("America/New_York", shift("02:00", "03:00"), "2026-03-08T07:00Z", False, id="which-never-is"),
        pytest.param(
            "America/New_York", shift("01:00", "02:00"), "2026-11-01T05:30Z", True, id="autumn-the-first-time"
        ),
        pytest.param("America/New_York", shift("01:00", "02:00"), "2026-11-01T06:30Z", True, id="autumn-again"),
        pytest.param("America/New_York", shift("01:00", "02:00"), "2026-11-01T07:00Z", False, id="autumn-at-two"),
        pytest.param(
            "Mars/Olympus", shift("08:00", "09:00"), "2026-11-23T13:00Z", True, id="unknown-zone-leaves-none-out"
        ),
    ],
)
def test_a_schedule_is_read_off_the_clock_on_the_wall(zone: str, hours: Shift, at: str, within: bool) -> None:
    assert is_within(Schedule(time_zone=zone, shifts=(hours,)), datetime.fromisoformat(at)) is within


def test_all_revisions_of_an_alert_go_to_those_on_duty_when_it_was_raised() -> None:
    raised = alert_of(raised_at=datetime(2026, 11, 23, 17, 59, tzinfo=UTC))
    cleared = msgspec.structs.replace(
        raised, steps=(*raised.steps, AlertStep(event=AlertEvent.CLEARED, at=moment(86_400), by="Lane", role="member"))
    )
    day = Schedule(shifts=(shift("08:00", "18:00"),))
    night = Schedule(shifts=(shift("18:00", "08:00"),))
    assert [wants(subscriber(schedule=day), one) for one in (raised, cleared)] == [True, True]
    assert [wants(subscriber(schedule=night), one) for one in (raised, cleared)] == [False, False]


clocks = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))
zones = st.sampled_from(["UTC", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu"])
times = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone


@given(clocks, clocks, zones, times)
def test_two_shifts_that_follow_each_other_leave_no_moment_out_and_share_none(
    one: str, other: str, zone: str, at: datetime
) -> None:
    if one == other:
        return
    first = is_within(Schedule(time_zone=zone, shifts=(shift(one, other),)), at)
    second = is_within(Schedule(time_zone=zone, shifts=(shift(other, one),)), at)
    assert first is not second


@given(clocks, clocks, st.sampled_from(list(Weekday)), times)
def test_each_moment_of_a_shift_over_midnight_belongs_to_the_day_it_began_on(
    begins: str, ends: str, day: Weekday, at: datetime
) -> None:
    if not begins > ends:
        return
    hours, minutes = map(int, begins.split(":"))
    began = at.replace(hour=hours, minute=minutes, second=0, microsecond=0)
    began = began if began <= at else began - timedelta(days=1)
    inside = f"{at:%H:%M}" >= begins or f"{at:%H:%M}" < ends
    expected = inside and list(Weekday)[began.weekday()] is day
    assert is_within(Schedule(shifts=(shift(begins, ends, day),)), at) is expected


narrowings = st.fixed_dictionaries(
    {},
    optional={
        "categories": st.lists(st.sampled_from(list(Category)), max_size=4).map(tuple),
        "outcomes": st.lists(st.sampled_from(list(Outcome)), max_size=3).map(tuple),
        "events": st.lists(st.sampled_from(list(AlertEvent)), max_size=4).map(tuple),
        "least_urgent": st.integers(1, 5),
        "cameras": st.lists(st.sampled_from(["gate", "g*", "bridge", "*"]), max_size=3).map(tuple),
        "areas": st.lists(st.sampled_from([Circle(GATE, 500), Circle(BRIDGE, 500)]), max_size=2).map(tuple),
        "hotlists": st.lists(st.sampled_from(["stolen", "ncic"]), max_size=2).map(tuple),
        "schedule": st.sampled_from([None, Schedule(shifts=(shift("00:00", "12:00"),)), Schedule(shifts=(shift(),))]),
    },
)
several_sightings = st.lists(
    st.sampled_from([seen("gate"), seen("bridge", 60, BRIDGE), seen("nowhere", 90, None)]), max_size=3
)


@given(narrowings, several_sightings, st.lists(st.sampled_from(list(AlertEvent)[2:]), max_size=5), st.data())
def test_whoever_was_told_of_an_alert_hears_how_it_ends(
    choice: dict[str, Any], sightings: list[HitSighting], events: list[AlertEvent], data: st.DataObject
) -> None:
    """Whatever happens to it, as long as its outcome stays and how it ends is among the events."""
    outcome = data.draw(st.sampled_from(list(Outcome)))
    who = subscriber(**choice)
    alert = alert_of(*sightings, outcome=outcome)
    told = wants(who, alert)
    for event in events:
        if event is AlertEvent.UPGRADED:
            sightings = [*sightings, *data.draw(several_sightings)]
        alert = stepped(msgspec.structs.replace(alert, hit=alert_of(*sightings, outcome=outcome).hit), event)
        told = told or wants(who, alert)
    hears = not who.choice.events or AlertEvent.CLEARED in who.choice.events
    if told and hears:
        assert wants(who, stepped(alert, AlertEvent.CLEARED))


def stepped(alert: Alert, event: AlertEvent) -> Alert:
    step = AlertStep(event=event, at=moment(60), by="Officer Lane", role="member")
    return msgspec.structs.replace(alert, steps=(*alert.steps, step), revision=alert.revision + 1)
