"""What a local entry says of a wanted vehicle, and whether that is complete and allowed. Pure."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta

import msgspec

from infra.settings.local_entries import LocalEntrySettings
from recognizers.jurisdictions import COUNTRIES, US, US_STATES
from streams.faults import StreamError
from streams.records import Category, HotlistEntry, Timestamp, VehicleDescription, to_milliseconds

LOCAL = "local"
"""The hot list that local entries make up."""

ANY_STATE = "any"
"""Said outright: an entry without a state would match the plates of all states by oversight."""

_PLATE_LENGTHS = range(2, 11)
"""NCIC knows plates of up to ten characters."""

_LONGEST_PATTERN = 16
"""Ten characters, and a few `*` between them."""

_LONGEST_TEXT = 1000
"""Characters of a synopsis or an instruction: they travel with each alert and are read in a hurry."""

MANDATED = frozenset({Category.AMBER, Category.MISSING})
"""Alerts that must be entered (NY-VII.g): they carry the alert's number, so that it can be shown that each was."""


class EntryRefusedError(StreamError):
    """A step of a local entry is not allowed; the message says why and what to do."""


class EntryTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What is wanted, why, by whom and for how long."""

    plate: str
    """Normalised; of a partial plate with `?` for one unknown character and `*` for any number of them."""
    state: str | None
    """ISO 3166, `US-KY` or `DE`; None where the entry says "any state"."""
    category: Category
    entered_by: str
    """The entering member."""
    requested_by: str
    """The officer who asked for the entry."""
    case_number: str
    synopsis: str
    """Short, of the originating call."""
    instructions: str = ""
    record_number: str = ""
    """Of the alert that it stands for; an AMBER or missing person's alert must have one."""
    vehicle: VehicleDescription | None = None
    valid_from: Timestamp
    valid_until: Timestamp


def normalise_pattern(text: str) -> str:
    """The plate or pattern in upper case, without separators and accents."""
    plain = unicodedata.normalize("NFKD", text.upper())
    return "".join(c for c in plain if (c.isascii() and c.isalnum()) or c in "?*")


def state_of(text: str) -> str | None:
    """The state that is meant: `KY` and `US-KY` are the US state, other codes are countries, `any` is None.

    Raises:
        EntryRefusedError: it is none of these.
    """
    code = text.strip().upper()
    if code == ANY_STATE.upper():
        return None
    if not code:
        msg = f"the state is missing: give its code, as in KY or DE, or say `{ANY_STATE}` if every state is meant"
        raise EntryRefusedError(msg)
    state = code.removeprefix(f"{US}-")
    if state in US_STATES:
        return f"{US}-{state}"
    if code in COUNTRIES:
        return code
    msg = f"{text!r} is no state or country: give its code, as in KY or DE, or say `{ANY_STATE}`"
    raise EntryRefusedError(msg)


def check_terms(terms: EntryTerms, rules: LocalEntrySettings, now: datetime) -> EntryTerms:
    """The terms, tidied: plate normalised, texts stripped, times in UTC.

    Raises:
        EntryRefusedError: a mandatory field is empty, the plate is none or knows too little, or the time is wrong.
    """
    texts = {
        name: value.strip() for name, value in msgspec.structs.asdict(terms).items() if isinstance(value, str) and value
    }
    terms = msgspec.structs.replace(
        terms,
        **texts
        | {
            "category": terms.category,
            "plate": normalise_pattern(terms.plate),
            "valid_from": to_milliseconds(terms.valid_from),
            "valid_until": to_milliseconds(terms.valid_until),
        },
    )
    _check_mandatory(terms)
    _check_plate(terms.plate, rules)
    _check_time(terms, rules, now)
    return terms


def _check_mandatory(terms: EntryTerms) -> None:
    wanted = {
        "the entering member": terms.entered_by,
        "the requesting officer": terms.requested_by,
        "the case number": terms.case_number,
        "a short synopsis of the originating call": terms.synopsis,
    }
    missing = [name for name, value in wanted.items() if not value]
    if missing:
        msg = f"the entry is incomplete: give {' and '.join(missing)}"
        raise EntryRefusedError(msg)
    if terms.category in MANDATED and not terms.record_number:
        msg = f"a {terms.category} entry needs the number of the alert that it stands for; give it as record number"
        raise EntryRefusedError(msg)
    for name, value in {"synopsis": terms.synopsis, "instructions": terms.instructions}.items():
        if len(value) > _LONGEST_TEXT:
            msg = f"the {name} has {len(value)} characters; shorten it to {_LONGEST_TEXT}, the case has the rest"
            raise EntryRefusedError(msg)


def _check_plate(plate: str, rules: LocalEntrySettings) -> None:
    known = sum(character.isalnum() for character in plate)
    if plate.isalnum() or not plate:
        if known not in _PLATE_LENGTHS:
            msg = f"the plate {plate} has {known} letters and digits; a plate has 2 to 10"
            raise EntryRefusedError(msg)
        return
    if known < rules.min_fixed_characters:
        msg = (
            f"the partial plate {plate!r} knows {known} characters; give at least {rules.min_fixed_characters}, "
            "for with fewer it fits too many passing vehicles"
        )
        raise EntryRefusedError(msg)
    if known + plate.count("?") > _PLATE_LENGTHS[-1] or len(plate) > _LONGEST_PATTERN:
        msg = f"the partial plate {plate} is longer than any plate (10 characters); shorten it"
        raise EntryRefusedError(msg)


def _check_time(terms: EntryTerms, rules: LocalEntrySettings, now: datetime) -> None:
    if terms.valid_until <= max(now, terms.valid_from):
        msg = f"the entry would be over at {_shown(terms.valid_until)}, before it begins; give a later end"
        raise EntryRefusedError(msg)
    latest = now + timedelta(days=rules.longest_days)
    if terms.valid_until > latest:
        msg = (
            f"the entry would be valid until {_shown(terms.valid_until)}; the longest is {rules.longest_days} days, "
            f"until {_shown(latest)}, then it is entered anew"
        )
        raise EntryRefusedError(msg)


def _shown(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def listed_entry(entry_id: str, terms: EntryTerms) -> HotlistEntry:
    """The terms as an entry of the list `local`."""
    return HotlistEntry(
        id=entry_id,
        hotlist=LOCAL,
        plate=terms.plate,
        category=terms.category,
        state=terms.state,
        vehicle=terms.vehicle,
        record_number=terms.record_number,
        entered_by=terms.entered_by,
        requested_by=terms.requested_by,
        reason=terms.synopsis,
        instructions=terms.instructions,
        case_number=terms.case_number,
        valid_from=terms.valid_from,
        valid_until=terms.valid_until,
    )
