"""Puts messages on the disk spool, and makes room there where it is full."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from connectors.message import OutgoingMessage
from connectors.source import SpoolError, SpoolFullError
from connectors.spool import Spool


@dataclass(frozen=True, slots=True)
class Stored:
    """How many of the messages, from the first on, are safe on the disk; how many older ones went, by their keys.

    `fault` says why not all are safe; empty where they are.
    """

    count: int
    dropped: Counter[bytes]
    fault: str = ""


def store(spool: Spool, messages: Sequence[OutgoingMessage]) -> Stored:
    """Append and sync. Where there is no room, the oldest file of the spool goes; where there is none, we stop."""
    count, dropped, fault = 0, Counter[bytes](), ""
    try:
        for message in messages:
            _append(spool, message, dropped)
            count += 1
    except SpoolError as error:
        fault = str(error)
    try:
        spool.sync()
    except SpoolError as error:
        return Stored(0, dropped, str(error))
    return Stored(count, dropped, fault)


def _append(spool: Spool, message: OutgoingMessage, dropped: Counter[bytes]) -> None:
    while True:
        try:
            spool.append(message)
        except SpoolFullError:
            lost = spool.drop_oldest()
            if not lost:
                raise
            dropped.update(lost)
        else:
            return
