"""What can go wrong while measuring."""

from __future__ import annotations


class BenchError(Exception):
    """A measurement cannot be made; the message says why and what to do."""
