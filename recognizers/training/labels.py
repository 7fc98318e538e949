"""Texts and nations as the numbers that the reader's loss compares with. Imports no training framework."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recognizers.jurisdictions import NATIONS, nation_of
from recognizers.plate import ALPHABET

BLANK = len(ALPHABET)
"""Class of a column that starts no character."""

PADDING = -1
"""Fills the labels of texts shorter than the longest."""


def encode_texts(texts: list[str], max_length: int) -> NDArray[np.int32]:
    """Labels of shape (texts, max_length): the index of each character in the alphabet, then padding.

    Raises:
        ValueError: a text is longer than `max_length` or has a character that is not in the alphabet.
    """
    labels = np.full((len(texts), max_length), PADDING, np.int32)
    for row, text in zip(labels, texts, strict=True):
        if len(text) > max_length:
            msg = f"the text {text!r} is longer than {max_length} characters"
            raise ValueError(msg)
        row[: len(text)] = [ALPHABET.index(character) for character in text]
    return labels


UNKNOWN = -1
"""Label of a plate whose jurisdiction nobody wrote down; the loss passes it over."""


def encode_nations(codes: list[str | None]) -> NDArray[np.int32]:
    """Labels of shape (codes,): the place in `NATIONS` of each jurisdiction's nation, `UNKNOWN` for None.

    Raises:
        ValueError: a code is not in the list.
    """
    return np.array([UNKNOWN if code is None else NATIONS.index(nation_of(code)) for code in codes], np.int32)
