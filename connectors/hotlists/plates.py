"""The plate of a list's row: normalised, or refused with a reason; whole, or partial where the format has such."""

from __future__ import annotations

import re
import unicodedata

from connectors.hotlists.template import PartialPlates
from recognizers.fold import normalise

_LENGTHS = range(2, 11)
"""NCIC knows plates of up to ten characters."""

MIN_KNOWN = 3
"""Characters that a partial plate must know: with two, eighty of 100,000 plates a day would fit by chance."""

_SHOWN = 24
"""Characters of a refused text that are shown: enough for any plate, too few for a row."""

_STARS = re.compile(r"\*{2,}")


def parse_plate(text: str, partial: PartialPlates | None) -> str:
    """The plate in upper case without separators and accents; of a partial one with `?` and `*`.

    Raises:
        ValueError: it is no plate, or a partial one that the format does not have; the message says why.
    """
    if text.isascii() and text.isalnum():
        plate = text.upper()
    else:
        plain = _without_accents(text)
        wildcards = _wildcards(partial)
        if any(sign in plain for sign in wildcards):
            return _partial(text, plain, wildcards, partial)
        plate = normalise(plain)
    if len(plate) not in _LENGTHS:
        msg = f"plate {text[:_SHOWN]!r} has {len(plate)} letters and digits; a plate has 2 to 10"
        raise ValueError(msg)
    return plate


def _without_accents(text: str) -> str:
    # The reader knows no accents: on the road Ü is read as U. Dropping the letter would make another plate of it.
    plain = unicodedata.normalize("NFKD", text)
    foreign = next((character for character in plain if character.isalnum() and not character.isascii()), None)
    if foreign is not None:
        msg = f"plate {text[:_SHOWN]!r} holds {foreign!r}, which is no Latin letter or digit"
        raise ValueError(msg)
    return plain


def _wildcards(partial: PartialPlates | None) -> dict[str, str]:
    # ? and * mean the same in every format; one that writes them without declaring them is refused.
    return {"?": "?", "*": "*"} | ({partial.one: "?", partial.any_number: "*"} if partial else {})


def _partial(text: str, plain: str, wildcards: dict[str, str], partial: PartialPlates | None) -> str:
    if partial is None:
        msg = f"plate {text[:_SHOWN]!r} is partial, and the template takes whole plates only"
        raise ValueError(msg)
    kept = (wildcards.get(character, character) for character in plain.upper())
    plate = _STARS.sub("*", "".join(c for c in kept if c in "?*" or c.isalnum()))
    known = sum(character.isalnum() for character in plate)
    if known < MIN_KNOWN:
        msg = f"partial plate {text[:_SHOWN]!r} knows {known} characters; it fits too many with fewer than {MIN_KNOWN}"
        raise ValueError(msg)
    if known + plate.count("?") > _LENGTHS[-1]:
        msg = f"partial plate {text[:_SHOWN]!r} is longer than any plate, which has up to 10 characters"
        raise ValueError(msg)
    return plate
