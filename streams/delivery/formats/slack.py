"""A Slack message: blocks, and the line that a notification shows. Pure.

Free text stands in plain text objects, which Slack neither formats nor searches for mentions. A picture is a link, not
an image block: Slack refuses the whole message where it cannot fetch the image itself.
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

_HEADER, _TEXT, _FIELD, _FIELDS = 150, 3000, 2000, 10
"""What Slack takes at most: characters of a header, of a text, of a field, and fields of a section."""


def as_slack(alert: Alert, context: FormatContext) -> Payload:
    """The alert's newest revision for an incoming webhook."""
    public = public_alert(alert, context)
    message = {"text": _escaped(_first_words(public)), "mrkdwn": False, "blocks": list(_blocks(alert, public))}
    return Payload("application/json", msgspec.json.encode(message))


def _first_words(public: PublicAlert) -> str:
    return " ".join(filter(None, (public.headline, public.purpose_notice, public.notice)))


def _blocks(alert: Alert, public: PublicAlert) -> Iterator[dict[str, Any]]:
    yield {"type": "header", "text": _plain(public.headline, _HEADER)}
    for words in filter(None, (public.purpose_notice, public.notice)):
        yield _section(words)
    facts = [_plain(f"{label}: {value}", _FIELD) for label, value in wording.facts(alert)]
    for start in range(0, len(facts), _FIELDS):
        yield {"type": "section", "fields": facts[start : start + _FIELDS]}
    said = (*wording.remarks(alert), *wording.doubtful_characters(alert), wording.step_words(alert.steps[-1]))
    yield _section("\n".join(said))
    links = [f"<{_escaped(public.link)}|Open the alert>"] if public.link else []
    pictures = [sighting for sighting in public.sightings if sighting.image and sighting.frame is not None]
    links += [f"<{_escaped(sighting.image or '')}|Captured plate>" for sighting in pictures]
    if links:
        yield {"type": "section", "text": {"type": "mrkdwn", "text": "  ".join(links)}}


def _section(words: str) -> dict[str, Any]:
    return {"type": "section", "text": _plain(words, _TEXT)}


def _plain(words: str, most: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": wording.shortened(words, most), "emoji": False}


def _escaped(words: str) -> str:
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
