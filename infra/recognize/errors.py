"""What keeps a run of `platewatch recognize` from beginning, or from going on."""

from __future__ import annotations


class RecognizeError(Exception):
    """The results cannot be written. One sentence that says where, why, and what to do."""
