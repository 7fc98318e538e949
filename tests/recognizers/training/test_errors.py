"""A missing train extra is told in one sentence."""

from __future__ import annotations

import importlib.util

import pytest

from recognizers.training.errors import MissingTrainExtraError, require_train_extra


def test_the_train_extra_is_there_or_named() -> None:
    if all(importlib.util.find_spec(name) for name in ("keras", "tensorflow")):
        require_train_extra()
        return
    with pytest.raises(MissingTrainExtraError, match="install the train extra"):
        require_train_extra()
    pytest.skip("tests of fitting are left out: they need keras and tensorflow (the train extra)")
