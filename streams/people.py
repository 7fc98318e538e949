"""Who does something, and in which role: of local entries, alerts and subscriptions alike."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person may do. Of accounts, once there are some."""

    MEMBER = "member"
    """Of the agency: proposes local entries and changes, and withdraws what is theirs."""
    DISPATCHER = "dispatcher"
    """In the communications center: compares, confirms, dispatches."""
    PATROL = "patrol"
    """In the field: takes alerts of the beat, compares, clears stops."""
    INVESTIGATOR = "investigator"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"
    """The chief or a designee: also approves what others proposed."""
    AUDITOR = "auditor"
    """Looks at everything, and changes nothing."""
    SYSTEM = "system"
    """No person: what Platewatch does by itself."""


PEOPLE = tuple(role for role in Role if role is not Role.SYSTEM)
"""The roles that a person can have."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something."""

    name: str
    role: Role

    @property
    def is_named(self) -> bool:
        """Whether anybody is named."""
        return bool(self.name.strip())

    def is_called(self, name: str) -> bool:
        """Whether this is that person; case and blanks around a name tell no two people apart."""
        return _plain(self.name) == _plain(name)


SYSTEM = Actor("platewatch", Role.SYSTEM)
"""Who does what no person does."""


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()
