"""What can go wrong in a stage, as the guard tells it apart.

StreamError
├── ServiceAwayError   a service does not answer or is overloaded: wait, hold the partition, try again for ever
└── UnhandledError     this message can never be handled: dead-letter it
"""

from __future__ import annotations


class StreamError(Exception):
    """Root of the errors of this package."""


class ServiceAwayError(StreamError):
    """A service that the stage needs is away or overloaded; trying again later will help."""

    def __init__(self, service: str, reason: str) -> None:
        super().__init__(f"{service} is away: {reason}")
        self.service = service


class UnhandledError(StreamError):
    """The message itself is at fault; trying again will not help. The message says what is wrong with it."""
