"""Subscribers' own templates: what they can say, and that no hostile one harms the worker."""

from __future__ import annotations

import contextlib
import json
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.delivery.formats.template import (
    LONGEST_OUTPUT,
    TemplateFailedError,
    TemplateRefusedError,
    as_template,
    check_template,
)
from streams.delivery.formats.template_filters import FILTERS
from streams.delivery.formats.template_rules import LONGEST_SOURCE
from streams.delivery.formats.wording import NOTICE
from streams.records import AlertEvent, AlertPurpose
from tests.alert_samples import CONTEXT, sample_alert

NOTICES = "{{ notice }}{{ purpose_notice }}"

GOOD = """\
{
  "title": {{ headline|tojson }},
  "warning": {{ notice|tojson }},
  "purpose": {{ purpose_notice|tojson }},
  "plate": {{ wanted.plate|tojson }},
  {% if wanted.vehicle %}"make": {{ wanted.vehicle["make"]|tojson }},{% endif %}

  "chance": "{{ probability|percent }}",
  "doubts": [
  {% for place in read.characters if place.differs %}
    {"wanted": {{ place.wanted|tojson }}, "read": [
    {% for character, chance in place.read|items %}
      {{ character|tojson }}{{ "," if not loop.last }}
    {% endfor %}
    ]}
  {% endfor %}
  ],
  "seen": [{% for one in sightings %}"{{ one.captured_at|time }}"{{ "" if loop.last else "," }}{% endfor %}]
}
"""


def text_of(template: str, content_type: str = "text/plain", event: AlertEvent = AlertEvent.RAISED) -> str:
    return as_template(template, content_type, sample_alert(event), CONTEXT).body.decode()


def test_a_template_puts_the_public_shape_in_words_of_its_own() -> None:
    check_template(GOOD)
    message = json.loads(text_of(GOOD, "application/json"))
    assert message["title"].startswith("STOLEN VEHICLE  ABC1234 (KY)")
    assert message["warning"] == NOTICE
    assert message["make"] == "TOYT"
    assert message["chance"] == "97 %"
    assert message["doubts"] == [{"wanted": "B", "read": ["8", "B", "R"]}]
    assert message["seen"] == ["11:58:30 UTC", "12:00:00 UTC"]


def test_the_content_type_is_the_subscriber_s() -> None:
    assert as_template(NOTICES, "text/plain; charset=utf-8", sample_alert(), CONTEXT).content_type.startswith("text/p")


@pytest.mark.policy("KY-H.2")
@pytest.mark.parametrize(
    "template", ["{{ headline }}", "{{ notice|upper }}{{ purpose_notice }}", "{{ purpose_notice }}"]
)
def test_a_template_that_leaves_the_notice_out_or_alters_it_is_refused(template: str) -> None:
    with pytest.raises(TemplateRefusedError, match="does not show notice word by word"):
        check_template(template, "text/plain")


@pytest.mark.policy("KY-H.2")
def test_a_notice_that_a_condition_hides_stops_the_message() -> None:
    template = "{% if priority > 2 %}{{ notice }}{% endif %}{{ purpose_notice }}"
    with pytest.raises(TemplateFailedError, match="does not show notice"):
        text_of(template)


def test_a_template_that_does_not_mark_exercises_is_refused() -> None:
    with pytest.raises(TemplateRefusedError, match="does not show purpose_notice"):
        check_template("{{ notice }}", "text/plain")
    exercise = sample_alert(purpose=AlertPurpose.EXERCISE)
    with pytest.raises(TemplateFailedError, match="does not show purpose_notice"):
        as_template("{{ notice }}", "text/plain", exercise, CONTEXT)


def test_json_with_unescaped_values_is_refused_before_it_meets_a_quote() -> None:
    template = '{"reason": "{{ wanted.reason }}", "notices": "' + NOTICES + '"}'
    with pytest.raises(TemplateRefusedError, match=r"no valid JSON; put \|tojson"):
        check_template(template)
    check_template(template, "text/plain")


def test_a_field_that_may_be_missing_must_be_asked_for() -> None:
    with pytest.raises(TemplateRefusedError, match="has no attribute 'make'"):
        check_template("{{ wanted.vehicle.make }}" + NOTICES, "text/plain")
    check_template("{% if wanted.vehicle %}{{ wanted.vehicle.make }}{% endif %}" + NOTICES, "text/plain")


def test_a_name_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(TemplateRefusedError, match="'plate' is undefined"):
        check_template("{{ plate }}" + NOTICES, "text/plain")


REFUSED = {
    "call": ("{{ range(10**9) }}", "calls"),
    "range": ("{% for i in range(1000000000) %}x{% endfor %}", "calls"),
    "format": ("{{ '{:>999999999}'.format(1) }}", "calls"),
    "method": ("{{ wanted.plate.center(999999999) }}", "calls"),
    "joiner": ("{{ wanted.plate.join('ab') }}", "calls"),
    "percent-width": ("{{ '%999999999d' % 1 }}", "arithmetic"),
    "times": ("{{ 'x' * 10000000000 }}", "arithmetic"),
    "power": ("{{ 9 ** 9 ** 9 ** 9 }}", "arithmetic"),
    "shifted-sum": ("{{ headline + headline }}", "arithmetic"),
    "minus": ("{{ -1 }}", "arithmetic"),
    "tilde": ("{{ headline ~ headline }}", "joined with ~"),
    "set": ("{% set x = headline %}", "variables of your own"),
    "block-set": ("{% set x %}{{ headline }}{% endset %}", "variables of your own"),
    "with": ("{% with x = headline %}{% endwith %}", "variables of your own"),
    "macro": ("{% macro m() %}{{ m() }}{% endmacro %}", "macros"),
    "call-block": ("{% call x() %}{% endcall %}", "macros"),
    "filter-block": ("{% filter upper %}x{% endfilter %}", "filter blocks"),
    "include": ("{% include '/etc/passwd' %}", "include is not allowed"),
    "import": ("{% import 'x' as y %}", "import is not allowed"),
    "from-import": ("{% from 'x' import y %}", "fromimport is not allowed"),
    "extends": ("{% extends 'x' %}", "extends is not allowed"),
    "block": ("{% block x %}{% endblock %}", "block is not allowed"),
    "recursive-loop": ("{% for x in sightings recursive %}{% endfor %}", "recursive"),
    "loop-call": ("{% for x in sightings %}{{ loop(sightings) }}{% endfor %}", "calls"),
    "deep-loops": ("{% for x in sightings %}" * 5 + "{% endfor %}" * 5, "loops are nested"),
    "list-of-lists": ("{% for a in [[headline, headline]] %}{% endfor %}", "constants only"),
    "list-of-names": ("{{ [headline]|tojson }}", "constants only"),
    "tuple-of-names": ("{{ (headline, headline)|tojson }}", "constants only"),
    "dictionary": ("{{ {'a': headline}|tojson }}", "dictionaries"),
    "dunder-attribute": ("{{ headline.__class__ }}", "underscore"),
    "dunder-item": ("{{ headline['__class__'] }}", "underscore"),
    "private-name": ("{{ _budget }}", "underscore"),
    "self-name": ("{{ __name__ }}", "underscore"),
    "loop-target": ("{% for _budget in sightings %}{% endfor %}", "underscore"),
    "attr-filter": ("{{ headline|attr('__class__') }}", "no filter attr"),
    "map-filter": ("{{ sightings|map(attribute='__class__') }}", "no filter map"),
    "format-filter": ("{{ '%999999999d'|format(1) }}", "no filter format"),
    "replace-filter": ("{{ headline|replace('A', headline) }}", "no filter replace"),
    "counted-filter": ("{{ sightings|counted(-1000000) }}", "no filter counted"),
    "named-argument": ("{{ probability|round(digits=2) }}", "without names"),
    "test": ("{{ 1 is sameas 1 }}", "no test sameas"),
    "extension": ("{% do 1 %}", "unknown tag 'do'"),
    "unclosed": ("{{ headline", "line 1 of the template"),
    "loop-variable": ("{% for loop in sightings %}{% endfor %}", "line 1 of the template"),
    "long-number": ("{{ " + "9" * 5000 + " }}", "a number in it is too long"),
    "brackets": ("{{ " + "(" * 4000 + "1" + ")" * 4000 + " }}", "nested too deep"),
    "nots": ("{{ " + "not " * 3000 + "1 }}", "nested"),
    "attributes": ("{{ wanted" + ".a" * 100 + " }}", "nested more than"),
    "conditions": ("{% if 1 %}" * 60 + "{% endif %}" * 60, "nested more than"),
    "long": ("x" * (LONGEST_SOURCE + 1), "characters"),
    "escape-chain": ("{{ headline" + "|tojson" * 1500 + " }}", "nested"),
    "much-work": ("{{ 1|e|e|e|e }}" * 1000, "asks for too much"),
}


@pytest.mark.parametrize(("template", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_what_could_run_away_or_reach_out_is_refused_with_the_reason(template: str, reason: str) -> None:
    with pytest.raises(TemplateRefusedError) as raised:
        check_template(template + NOTICES, "text/plain")
    assert reason in str(raised.value)
    assert "\n" not in str(raised.value)


STOPPED = {
    "loops-over-all": "{% for a in headline %}" * 4 + "{% endfor %}" * 4,
    "output-in-loops": "{% for a in headline %}{% for b in headline %}" + "x" * 1000 + "{% endfor %}{% endfor %}",
    "constants": "{% for a in '" + "x" * 5000 + "' %}{{ a|upper|lower|upper }}{% endfor %}",
    "doubling": "{{ wanted.reason" + "|tojson" * 35 + " }}",
}


@pytest.mark.parametrize("template", STOPPED.values(), ids=STOPPED.keys())
def test_what_only_shows_when_it_runs_is_stopped_within_its_share(template: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(TemplateFailedError):
            text_of(template + NOTICES)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 20 * LONGEST_OUTPUT


def test_the_dictionaries_own_methods_are_out_of_reach() -> None:
    for attribute in ("items", "keys", "pop", "update"):
        with pytest.raises(TemplateFailedError, match="has no attribute"):
            text_of("{{ wanted." + attribute + " }}" + NOTICES)


@pytest.mark.parametrize("template", ["{{ headline|round }}", "{{ sightings|percent }}", "{{ 1 < headline }}"])
def test_a_fault_names_no_data(template: str) -> None:
    with pytest.raises(TemplateFailedError) as raised:
        text_of(template + NOTICES)
    assert "ABC1234" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_every_filter_is_one_of_ours_and_works_on_what_it_is_for() -> None:
    values = {"first": "sightings", "last": "sightings", "length": "sightings", "items": "wanted.vehicle"}
    values |= {"percent": "probability", "round": "probability", "time": "raised_at"}
    for name in FILTERS:
        assert text_of("{{ " + values.get(name, "headline") + "|" + name + " }}" + NOTICES)


PIECES = st.sampled_from(
    [
        *("{{ headline }}", "{{ notice }}", "{% for a in sightings %}", "{% endfor %}", "{% if a %}", "{% endif %}"),
        *("{{ a|tojson|tojson }}", "{{ a.b }}", "{% for b in headline %}", "{{ [1,2]|tojson }}", "{{ a() }}", "{{ x"),
        *("{{ loop.index }}", "{{ wanted['plate'][0:3] }}", "{% set a = b %}", "{{ 'x' * 9 }}", "{# x #}", "}}"),
    ]
)


@settings(deadline=None, max_examples=200)
@given(st.lists(PIECES | st.text(max_size=5), max_size=30).map("".join))
def test_whatever_is_written_it_gives_a_bounded_message_or_says_what_is_wrong(template: str) -> None:
    length = 0
    with contextlib.suppress(TemplateFailedError):
        length = len(as_template(template + NOTICES, "text/plain", sample_alert(), CONTEXT).body)
    assert length <= 4 * LONGEST_OUTPUT
