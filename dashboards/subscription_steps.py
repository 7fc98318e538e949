"""Who may take a step of a subscription, and what the audit log says of it."""

from __future__ import annotations

import getpass
import socket
from dataclasses import dataclass

from streams.delivery.choice_rules import SubscriptionRefusedError
from streams.delivery.subscription import Subscription
from streams.delivery.subscription_terms import origin_of
from streams.people import Actor, Role
from streams.records import AuditEvent, event_id


@dataclass(frozen=True, slots=True)
class Mandate:
    """Who takes a step, and why: both are on record."""

    actor: Actor
    reason: str


def step_event(action: str, subscription: Subscription, mandate: Mandate, *, what: str = "") -> AuditEvent:
    """The step that made this version, for the audit log: who, what, from where and why; no secret."""
    details = {
        "role": str(mandate.actor.role),
        "account": getpass.getuser(),
        "version": str(subscription.version),
        "agency": subscription.agency,
        "endpoint": origin_of(subscription.url),
    }
    return AuditEvent(
        id=event_id("subscription", subscription.id, subscription.version, subscription.changed_at, action),
        at=subscription.changed_at,
        actor=subscription.changed_by,
        action=f"subscription.{action}",
        subject=subscription.id,
        terminal=socket.gethostname(),
        reason=mandate.reason.strip(),
        details=details | ({"changed": what} if what else {}),
    )


def check_mandate(mandate: Mandate) -> None:
    """Nothing, where the step may be taken: an administrator does it, by name and with a reason.

    Raises:
        SubscriptionRefusedError: it may not.
    """
    if not mandate.actor.is_named:
        msg = "who does this is missing; give a name"
        raise SubscriptionRefusedError(msg)
    if mandate.actor.role is not Role.ADMINISTRATOR:
        msg = f"{mandate.actor.name} is no administrator; ask one to do it"
        raise SubscriptionRefusedError(msg)
    if not mandate.reason.strip():
        msg = "say why; the reason is kept in the audit log"
        raise SubscriptionRefusedError(msg)
