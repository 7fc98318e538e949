"""Tests of fitting need the train extra; `test_errors.py` says so visibly where it is missing."""

from __future__ import annotations

import importlib.util

NEED_TRAIN_EXTRA = ["test_ctc.py", "test_detector_loss.py", "test_layers.py", "test_training.py"]

TRAIN_EXTRA = all(importlib.util.find_spec(name) for name in ("keras", "tensorflow"))

collect_ignore = [] if TRAIN_EXTRA else NEED_TRAIN_EXTRA
