"""What can go wrong in training.

RecognitionError
└── TrainingError
    ├── MissingTrainExtraError   keras or tensorflow is not installed
    └── TrainingDataError        photographs or their annotations are missing or wrong
"""

from __future__ import annotations

import importlib.util

from recognizers.plate import RecognitionError


class TrainingError(RecognitionError):
    """Root of what can go wrong in training."""


class MissingTrainExtraError(TrainingError):
    """The train extra is not installed. The message says how to install it."""


class TrainingDataError(TrainingError):
    """The photographs or their annotations are missing or wrong. The message names the file."""


def require_train_extra() -> None:
    """Check that the packages of the train extra can be imported.

    Raises:
        MissingTrainExtraError: one of them cannot.
    """
    missing = [name for name in ("keras", "tensorflow") if importlib.util.find_spec(name) is None]
    if missing:
        msg = (
            f"training needs {' and '.join(missing)}; "
            "install the train extra: ./run exec pip install --require-hashes -r requirements-train.lock"
        )
        raise MissingTrainExtraError(msg)
