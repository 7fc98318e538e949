"""Subscriptions as the API tells and takes them: JSON without secrets out, terms that are checked field by field in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import msgspec

from streams.delivery.choice_rules import SubscriptionRefusedError
from streams.delivery.subscription import AlertFormat, SecretName, Subscription
from streams.delivery.subscription_terms import SubscriptionTerms, said

_MESSENGERS = frozenset({AlertFormat.SLACK, AlertFormat.TEAMS})
_VALUE = re.compile(r"(?<==)[^&;]+")
HIDDEN = "…"
"""Stands where something is kept back."""


def subscription_view(subscription: Subscription) -> dict[str, Any]:
    """The subscription for people: all of it but its secrets, of which it says which there are."""
    view: dict[str, Any] = msgspec.to_builtins(subscription)
    del view["sealed"], view["schema_version"]
    return view | {
        "url": shown_url(subscription),
        "disabled": bool(subscription.disabled_because),
        "secrets": sorted(name.value for name in subscription.sealed),
        "rotating": SecretName.SIGNING_BEFORE in subscription.sealed,
    }


def shown_url(subscription: Subscription) -> str:
    """The endpoint's URL without what may be a key: values of its query, and the whole path of a messenger's."""
    parts = urlsplit(subscription.url)
    if subscription.format in _MESSENGERS:
        return urlunsplit((parts.scheme, parts.netloc, f"/{HIDDEN}", "", ""))
    return urlunsplit((parts.scheme, parts.netloc, parts.path, _VALUE.sub(HIDDEN, parts.query), ""))


def terms_from_json(data: bytes, over: SubscriptionTerms | None = None) -> SubscriptionTerms:
    """The terms in the text of an object; see `terms_from_object`.

    Raises:
        SubscriptionRefusedError: it is no object, or not one of terms; in one sentence.
    """
    try:
        given = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        msg = 'this is no JSON; give an object such as {"agency": …, "url": …}'
        raise SubscriptionRefusedError(msg) from None
    if not isinstance(given, dict):
        msg = 'this is JSON, but no object; give one such as {"agency": …, "url": …}'
        raise SubscriptionRefusedError(msg)
    return terms_from_object(given, over)


def terms_from_object(given: dict[str, Any], over: SubscriptionTerms | None = None) -> SubscriptionTerms:
    """The terms in an object of JSON; what they mean is checked when they are used.

    Args:
        given: all terms, or with `over` those that change: a JSON merge patch (RFC 7396); null is "as at first".
        over: what is changed.

    Raises:
        SubscriptionRefusedError: an unknown or missing field, a wrong type or range; in one sentence.
    """
    whole = given if over is None else _patched(msgspec.to_builtins(over), given)
    try:
        terms = msgspec.convert(whole, SubscriptionTerms)
    except msgspec.ValidationError as error:
        raise SubscriptionRefusedError(said(error)) from None
    _refuse_unknown(given, msgspec.to_builtins(terms))
    return terms


def _patched(before: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    after = {name: value for name, value in before.items() if name not in patch}
    for name, value in patch.items():
        known = before.get(name)
        if isinstance(value, dict):
            after[name] = _patched(known if isinstance(known, dict) else {}, value)
        elif value is not None:
            after[name] = value
    return after


def _refuse_unknown(given: Any, known: Any) -> None:
    """A misspelt choice would be no choice: its subscriber would get everything, and nobody would know why."""
    for path in _unknown(given, known, ""):
        msg = f"there is no {path.removeprefix('.')} in a subscription; mind its spelling, or leave it out"
        raise SubscriptionRefusedError(msg)


def _unknown(given: Any, known: Any, path: str) -> Iterator[str]:
    """Where something was given that did not become part of what is known; both have the same shape otherwise."""
    if isinstance(given, dict):
        for name, value in given.items():
            if name in known:
                yield from _unknown(value, known[name], f"{path}.{name}")
            else:
                yield f"{path}.{name}"
    elif isinstance(given, list):
        for number, (value, other) in enumerate(zip(given, known, strict=True)):
            yield from _unknown(value, other, f"{path}[{number}]")
