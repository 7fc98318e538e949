"""Whether a load may go live by itself: too many refused rows or a sudden shrink are for a person to decide. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from connectors.hotlists.errors import HotlistStoppedError
from connectors.hotlists.hotlist_file import RowCounts
from infra.settings.hotlists import HotlistGuardSettings


class Suspicion(StrEnum):
    """Why a load is stopped. The values are those of the options that accept it."""

    REFUSED = "refused"
    """Too many of the file's rows are no entries: the format may have changed."""
    SHRINK = "shrink"
    """The list would lose too many entries at once: the file may be cut off."""


@dataclass(frozen=True, slots=True)
class Objection:
    """A suspicion, and the figures behind it in a sentence."""

    suspicion: Suspicion
    explanation: str


def objections(
    counts: RowCounts, entries: int, live_entries: int | None, limits: HotlistGuardSettings
) -> tuple[Objection, ...]:
    """What speaks against a load of `entries` entries over a list of `live_entries`; None where there is none yet."""
    found = []
    if counts.refused_share > limits.max_refused_share:
        found.append(
            Objection(
                Suspicion.REFUSED,
                f"{counts.refused:,} of {counts.rows:,} rows ({counts.refused_share:.1%}) are refused; "
                f"at most {limits.max_refused_share:.1%} pass without a person",
            )
        )
    if live_entries and (lost := 1 - entries / live_entries) > limits.max_shrink_share:
        found.append(
            Objection(
                Suspicion.SHRINK,
                f"the list would shrink from {live_entries:,} to {entries:,} entries ({lost:.1%}); "
                f"at most {limits.max_shrink_share:.1%} pass without a person",
            )
        )
    return tuple(found)


def require_acceptance(
    hotlist: str, found: Sequence[Objection], accepted: Mapping[Suspicion, str], report: Path | None = None
) -> None:
    """Stop the load unless a person gave a reason for each objection; `report` has the refused rows.

    Raises:
        HotlistStoppedError: an objection stands; the message says which option accepts it.
    """
    standing = [objection for objection in found if not accepted.get(objection.suspicion, "").strip()]
    if standing:
        why = "; ".join(objection.explanation for objection in standing)
        options = " ".join(f"--accept-{objection.suspicion} REASON" for objection in standing)
        where = f" ({report})" if report else ""
        msg = f"the load of hot list {hotlist} is stopped, and the live list stays: {why}. Look at the file and at the "
        msg += f"refused rows{where}; if it is right, load it with {options}"
        raise HotlistStoppedError(msg)
