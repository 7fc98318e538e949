"""Slack and Teams: what each takes, and that free text stays text."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from streams.delivery.formats.slack import as_slack
from streams.delivery.formats.teams import as_teams
from streams.records import Alert
from tests.alert_samples import CONTEXT, every_life, life_id, sample_alert, sample_hit
from tests.builders import moment

LONG = sample_alert(hit=sample_hit(reason="x" * 5000, instructions="y" * 5000))


def slack_of(alert: Alert, **context: Any) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(as_slack(alert, dataclasses.replace(CONTEXT, **context)).body)
    return loaded


def card_of(alert: Alert, **context: Any) -> dict[str, Any]:
    message = json.loads(as_teams(alert, dataclasses.replace(CONTEXT, **context)).body)
    assert message["type"] == "message"
    (attachment,) = message["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card: dict[str, Any] = attachment["content"]
    return card


@pytest.mark.parametrize("alert", [*every_life(), LONG], ids=lambda alert: life_id(alert) + str(len(str(alert)) > 9000))
def test_slack_s_limits_hold(alert: Alert) -> None:
    message = slack_of(alert)
    assert message["text"]
    assert 0 < len(message["blocks"]) <= 50
    header, *sections = message["blocks"]
    assert header["type"] == "header"
    assert 0 < len(header["text"]["text"]) <= 150
    for section in sections:
        assert section["type"] == "section"
        fields = section.get("fields", [])
        assert len(fields) <= 10
        assert all(0 < len(field["text"]) <= 2000 for field in fields)
        assert 0 < len(section.get("text", {"text": "x"})["text"]) <= 3000


def test_slack_mentions_and_links_in_free_text_stay_text() -> None:
    message = slack_of(sample_alert(hit=sample_hit(reason="<!channel> *now*", plate="AB*<1>&")))
    formatted = [block["text"]["text"] for block in message["blocks"] if block.get("text", {}).get("type") == "mrkdwn"]
    assert not any("channel" in words for words in formatted)
    assert "AB*&lt;1&gt;&amp;" in message["text"]
    assert message["mrkdwn"] is False


def test_slack_s_links_are_the_alert_s_page_and_the_deciding_picture() -> None:
    links = slack_of(sample_alert())["blocks"][-1]["text"]["text"]
    assert f"<https://console.metro.example/alerts/{sample_alert().id}|Open the alert>" in links
    assert "0f1e2d3c4b5a69788796a5b4c3?expires=1795350000&amp;signature=" in links
    assert links.count("|") == 2


def test_without_console_and_pictures_there_are_no_links() -> None:
    nothing = {"console_url": "", "image_links": lambda _: None}
    assert "mrkdwn" not in {
        block.get("text", {}).get("type") for block in slack_of(sample_alert(), **nothing)["blocks"]
    }
    assert card_of(sample_alert(), **nothing)["actions"] == []


@pytest.mark.parametrize("alert", [*every_life(), LONG], ids=lambda alert: life_id(alert) + str(len(str(alert)) > 9000))
def test_a_card_holds_text_runs_only_and_stays_below_what_teams_takes(alert: Alert) -> None:
    card = card_of(alert)
    assert card["type"] == "AdaptiveCard"
    assert card["version"] == "1.4"
    for block in card["body"]:
        assert block["type"] == "RichTextBlock"
        assert all(run["type"] == "TextRun" and run["text"] for run in block["inlines"])
    assert all(action["type"] == "Action.OpenUrl" for action in card["actions"])
    assert len(as_teams(alert, CONTEXT).body) < 28_000


def test_a_card_opens_the_alert_and_the_deciding_picture() -> None:
    urls = [action["url"] for action in card_of(sample_alert())["actions"]]
    assert urls[0] == f"https://console.metro.example/alerts/{sample_alert().id}"
    assert "/images/0f1e2d3c4b5a69788796a5b4c3?" in urls[1]


def test_what_a_person_needs_for_the_next_step_stands_in_both() -> None:
    alert = sample_alert()
    for words in ("V123456789", "26-001", "north-3", f"{moment():%Y-%m-%d %H:%M:%S} UTC", "read 8 0.61, B 0.37"):
        assert words in json.dumps(slack_of(alert))
        assert words in json.dumps(card_of(alert))
