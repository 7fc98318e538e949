"""Small draws, so that what is left to chance reads as a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

Option = TypeVar("Option")


def happens(rng: np.random.Generator, share: float) -> bool:
    """True in this share (0..1) of the draws."""
    return bool(rng.random() < share)


def pick(options: Sequence[Option], rng: np.random.Generator) -> Option:
    """One of the options, each as likely; there must be at least one."""
    return options[int(rng.integers(len(options)))]
