"""One spelling for all plates that a camera may confuse, so that a look-up finds them together."""

from __future__ import annotations

FOLD_VERSION = 1
"""Raised whenever a class below changes: keys folded by another version must not be compared."""

CONFUSED = ("0ODQ", "1I", "2Z", "5S", "8B")
"""Characters of one class are read as each other; the first represents the class. The usual confusions of plate
readers, which are also ours: see recognizers/weights/reader.md."""

_REPRESENTATIVE = str.maketrans({character: group[0] for group in CONFUSED for character in group[1:]})


def normalise(plate: str) -> str:
    """The plate in upper case without separators; characters other than ASCII letters and digits are dropped."""
    if plate.isascii() and plate.isalnum():
        return plate.upper()  # nearly all are clean, and lists have millions
    return "".join(character for character in plate.upper() if character.isascii() and character.isalnum())


def fold(plate: str) -> str:
    """The normalised plate with each confusable character replaced by its class's first."""
    return normalise(plate).translate(_REPRESENTATIVE)
