"""The pattern language of plate texts: parsing a pattern, drawing a text from it, and checking a text against it.

A        a letter of the layout's `letters`          9       a digit
X        a letter of `letters` or a digit            [KLM]   one of the characters listed
{BE|VD}  one of the words listed                     <DV>    small stacked letters, drawn but never read
space - . : (dot at half height)                     separators, drawn but never read
@        an emblem, drawn but never read             /       the next line of the plate
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

import numpy as np

from recognizers.plate import ALPHABET
from recognizers.rendering.chance import pick
from recognizers.rendering.errors import LayoutError

DIGITS = ALPHABET[:10]
LETTERS = ALPHABET[10:]

_TOKEN = re.compile(
    r"(?P<kind>[A9X])|\[(?P<set>[0-9A-Z]+)\]|\{(?P<words>[0-9A-Z|]+)\}|<(?P<stack>[0-9A-Z]+)>|(?P<mark>[ \-.:@/])"
)


class Mark(Enum):
    """What stands between characters and is not read."""

    SPACE = " "
    DASH = "-"
    DOT = "."
    MIDDLE_DOT = ":"
    EMBLEM = "@"
    LINE_BREAK = "/"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several strings of read characters."""

    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stack:
    """Small letters one above the other; drawn, never read."""

    text: str


Slot = Choice | Stack | Mark
Item = str | Stack | Mark
"""What is drawn: one read character, or something that is not read."""


@dataclass(frozen=True, slots=True)
class Serial:
    """A plate's text and the lines that are drawn for it."""

    text: str
    lines: tuple[tuple[Item, ...], ...]


@lru_cache(maxsize=4096)
def parse_pattern(pattern: str, letters: str = LETTERS) -> tuple[Slot, ...]:
    """The slots of a pattern.

    Raises:
        LayoutError: a character that the language does not know, or no read character at all.
    """
    slots: list[Slot] = []
    place = 0
    kinds = {"A": tuple(letters), "9": tuple(DIGITS), "X": tuple(letters + DIGITS)}
    while place < len(pattern):
        token = _TOKEN.match(pattern, place)
        if token is None:
            msg = f"pattern {pattern!r} has {pattern[place]!r} at place {place + 1}, which means nothing in a pattern"
            raise LayoutError(msg)
        place = token.end()
        if token["kind"]:
            slots.append(Choice(kinds[token["kind"]]))
        elif token["set"]:
            slots.append(Choice(tuple(token["set"])))
        elif token["words"]:
            slots.append(Choice(tuple(token["words"].split("|"))))
        elif token["stack"]:
            slots.append(Stack(token["stack"]))
        else:
            slots.append(Mark(token["mark"]))
    if not any(isinstance(slot, Choice) for slot in slots):
        msg = f"pattern {pattern!r} has no character that is read; add A, 9, X, a [set] or {{words}}"
        raise LayoutError(msg)
    return tuple(slots)


def draw_serial(pattern: str, letters: str, rng: np.random.Generator) -> Serial:
    """A text drawn at random from the pattern, with the lines that show it."""
    lines: list[list[Item]] = [[]]
    text = ""
    for slot in parse_pattern(pattern, letters):
        if isinstance(slot, Choice):
            word = pick(slot.options, rng)
            text += word
            lines[-1].extend(word)
        elif slot is Mark.LINE_BREAK:
            lines.append([])
        else:
            lines[-1].append(slot)
    return Serial(text, tuple(tuple(line) for line in lines))


def matches_pattern(text: str, pattern: str, letters: str = LETTERS) -> bool:
    """Whether the pattern can give this text."""
    parts = [
        "(?:" + "|".join(slot.options) + ")" for slot in parse_pattern(pattern, letters) if isinstance(slot, Choice)
    ]
    return re.fullmatch("".join(parts), text) is not None
