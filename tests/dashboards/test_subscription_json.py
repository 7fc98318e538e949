from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.subscription_json import shown_url, subscription_view, terms_from_json
from streams.delivery.choice_rules import SubscriptionRefusedError
from streams.delivery.subscription import (
    AlertChoice,
    AlertFormat,
    AuthKind,
    Circle,
    EndpointAuth,
    Polygon,
    Schedule,
    SecretName,
    Shift,
)
from streams.records import AlertEvent, Category, GeoPoint
from tests.builders import build_subscription
from tests.subscription_builders import build_subscription_terms

CHOICE = AlertChoice(
    categories=(Category.AMBER,),
    events=(AlertEvent.VERIFIED,),
    cameras=("north-*",),
    areas=(Circle(GeoPoint(38.2, -85.7), 500), Polygon((GeoPoint(0, 0), GeoPoint(0, 1), GeoPoint(1, 1)))),
    schedule=Schedule(time_zone="America/New_York", shifts=(Shift(begins="08:00", ends="18:00"),)),
)


def test_a_view_tells_all_but_secrets_and_says_which_there_are() -> None:
    sealed = {SecretName.SIGNING: "gAAA1", SecretName.SIGNING_BEFORE: "gAAA2", SecretName.AUTH: "gAAA3"}
    view = subscription_view(build_subscription(choice=CHOICE, sealed=sealed))
    assert "gAAA" not in json.dumps(view)
    assert view["secrets"] == ["auth", "signing", "signing-before"]
    assert (view["rotating"], view["disabled"], view["version"]) == (True, False, 1)
    assert view["choice"]["areas"][0] == {"kind": "circle", "center": {"lat": 38.2, "lon": -85.7}, "radius_m": 500}
    assert view["created_at"].startswith("2026-11-22T12:00:00")


@pytest.mark.parametrize(
    ("url", "format_", "shown"),
    [
        pytest.param("https://cad.example/alerts", AlertFormat.CAP, "https://cad.example/alerts", id="plain"),
        pytest.param("https://cad.example/a?k=abc&x=1", AlertFormat.CAP, "https://cad.example/a?k=…&x=…", id="query"),
        pytest.param("https://hooks.slack.com/a/T/B/x", AlertFormat.SLACK, "https://hooks.slack.com/…", id="slack"),
        pytest.param("https://x.office.com/webhook?sig=1", AlertFormat.TEAMS, "https://x.office.com/…", id="teams"),
        pytest.param("mqtts://broker.example/a/b", AlertFormat.CAP, "mqtts://broker.example/a/b", id="mqtt"),
    ],
)
def test_a_url_is_shown_without_what_may_be_a_key(url: str, format_: AlertFormat, shown: str) -> None:
    assert shown_url(build_subscription(url=url, format=format_)) == shown


def test_terms_survive_the_way_through_json() -> None:
    terms = build_subscription_terms(choice=CHOICE, auth=EndpointAuth(kind=AuthKind.BASIC, username="pw"))
    assert terms_from_json(msgspec.json.encode(terms)) == terms


@pytest.mark.parametrize(
    ("patch", "changed"),
    [
        pytest.param({}, {}, id="nothing"),
        pytest.param({"system": "RMS"}, {"system": "RMS"}, id="one-term"),
        pytest.param({"system": None}, {"system": ""}, id="null-is-as-at-first"),
        pytest.param(
            {"choice": {"schedule": None, "least_urgent": 2}},
            {"choice": msgspec.structs.replace(CHOICE, schedule=None, least_urgent=2)},
            id="part-of-the-choice",
        ),
        pytest.param({"choice": None}, {"choice": AlertChoice()}, id="the-whole-choice"),
        pytest.param(
            {"choice": {"cameras": ["gate"]}},
            {"choice": msgspec.structs.replace(CHOICE, cameras=("gate",))},
            id="lists-are-replaced",
        ),
    ],
)
def test_a_change_is_a_merge_patch(patch: dict[str, Any], changed: dict[str, Any]) -> None:
    before = build_subscription_terms(choice=CHOICE)
    assert terms_from_json(json.dumps(patch).encode(), before) == msgspec.structs.replace(before, **changed)


PLAIN = {"agency": "Metro", "url": "https://cad.example/"}


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        pytest.param(b"{", "no JSON", id="no-json"),
        pytest.param(b"[" * 100_000, "no JSON", id="endless"),
        pytest.param(b"\xff", "no JSON", id="no-text"),
        pytest.param(b"[]", "no object", id="no-object"),
        pytest.param({"agency": "Metro"}, "missing required field `url`", id="missing"),
        pytest.param({**PLAIN, "camera": ["x"]}, "there is no camera in a subscription", id="unknown"),
        pytest.param({**PLAIN, "choice": {"camera": ["x"]}}, "no choice.camera in", id="unknown-choice"),
        pytest.param({**PLAIN, "sealed": {"auth": "x"}}, "there is no sealed", id="sealed"),
        pytest.param({**PLAIN, "version": 9}, "there is no version", id="history"),
        pytest.param(
            {**PLAIN, "choice": {"areas": [{"kind": "circle", "center": {"lat": 1, "lon": 2}, "radius_m": 3, "r": 4}]}},
            r"no choice.areas\[0\].r in",
            id="unknown-within-a-list",
        ),
        pytest.param({**PLAIN, "choice": {"least_urgent": 9}}, "choice.least_urgent cannot be kept", id="range"),
        pytest.param({**PLAIN, "format": "xml"}, "format cannot be kept", id="unknown-format"),
        pytest.param(
            {**PLAIN, "choice": {"schedule": {"shifts": [{"begins": "8"}]}}}, "write the time as 08:00", id="time"
        ),
    ],
)
def test_what_is_no_terms_is_refused_in_one_sentence(given_: bytes | dict[str, Any], said: str) -> None:
    data = given_ if isinstance(given_, bytes) else json.dumps(given_).encode()
    with pytest.raises(SubscriptionRefusedError, match=said) as refused:
        terms_from_json(data)
    assert "\n" not in str(refused.value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["choice", "areas", "auth", "kind", "schedule", "shifts", "url"]), inner)
    ),
    max_leaves=8,
)


@given(json_values)
def test_no_json_brings_anything_but_terms_or_a_sentence(document: Any) -> None:
    before = build_subscription_terms(choice=CHOICE)
    try:
        terms = terms_from_json(json.dumps(document).encode(), before)
    except SubscriptionRefusedError:
        return
    # What was taken says just what was written.
    assert terms_from_json(msgspec.json.encode(terms)) == terms
