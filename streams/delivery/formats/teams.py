"""A Microsoft Teams message with an adaptive card. Pure.

Free text stands in text runs: unlike text blocks they are no Markdown, so that a plate `AB*12*` stays what it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from streams.delivery.formats import wording
from streams.delivery.formats.context import FormatContext
from streams.delivery.formats.public_alert import PublicAlert, public_alert
from streams.delivery.message import Payload
from streams.records import Alert

_TEXT = 1000
"""Characters of one text: Teams refuses messages over 28 kB."""


def as_teams(alert: Alert, context: FormatContext) -> Payload:
    """The alert's newest revision for a Teams workflow or incoming webhook."""
    public = public_alert(alert, context)
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "fallbackText": " ".join(filter(None, (public.headline, public.purpose_notice, public.notice))),
        "body": list(_body(alert, public)),
        "actions": list(_actions(public)),
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return Payload("application/json", msgspec.json.encode({"type": "message", "attachments": [attachment]}))


def _body(alert: Alert, public: PublicAlert) -> Iterator[dict[str, Any]]:
    yield _text(_run(public.headline, weight="Bolder", size="Large"))
    for words in filter(None, (public.purpose_notice, public.notice)):
        yield _text(_run(words, weight="Bolder", color="Attention"))
    for label, value in wording.facts(alert):
        yield _text(_run(f"{label}: ", weight="Bolder"), _run(value))
    for words in (*wording.remarks(alert), *wording.doubtful_characters(alert), wording.step_words(alert.steps[-1])):
        yield _text(_run(words, isSubtle=True))


def _actions(public: PublicAlert) -> Iterator[dict[str, Any]]:
    if public.link:
        yield {"type": "Action.OpenUrl", "title": "Open the alert", "url": public.link}
    for sighting in public.sightings:
        if sighting.image and sighting.frame is not None:
            yield {"type": "Action.OpenUrl", "title": "Captured plate", "url": sighting.image}


def _text(*runs: dict[str, Any]) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": list(runs)}


def _run(words: str, **look: Any) -> dict[str, Any]:
    return {"type": "TextRun", "text": wording.shortened(words, _TEXT), **look}
