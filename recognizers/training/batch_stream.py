"""Batches made by another process while this one trains."""

from __future__ import annotations

import multiprocessing
import os
import queue
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from typing import Any, Generic, TypeVar

import cv2

from recognizers.training.errors import TrainingError

Batch = TypeVar("Batch")

# Batches ready in advance: hides the odd slow one, costs a few megabytes each.
_AHEAD = 6

_PATIENCE_S = 120.0  # a batch takes about a second; loading the photographs first some ten

_NICENESS = 5  # of the process that makes samples: training itself comes first


class BatchMaker(Generic[Batch]):
    """Iterates over the batches of one process; see `batches_of`."""

    def __init__(self, ready: Any, process: BaseProcess) -> None:
        self._ready = ready
        self._process = process

    def __iter__(self) -> Iterator[Batch]:
        """The batches, without end."""
        return self

    def __next__(self) -> Batch:
        """The next batch.

        Raises:
            TrainingError: the process has ended or hangs.
        """
        waited = 0.0
        while waited < _PATIENCE_S:
            try:
                batch: Batch = self._ready.get(timeout=1.0)
            except queue.Empty:
                waited += 1.0
                if not self._process.is_alive():
                    break
            else:
                return batch
        msg = "the process that makes training samples has stopped; its own message stands above"
        raise TrainingError(msg)


def _produce(make: Callable[..., Iterator[Batch]], arguments: tuple[Any, ...], ready: Any) -> None:
    os.nice(_NICENESS)
    cv2.setNumThreads(1)
    for batch in make(*arguments):
        ready.put(batch)


@contextmanager
def batches_of(make: Callable[..., Iterator[Batch]], *arguments: Any) -> Iterator[BatchMaker[Batch]]:
    """Run `make(*arguments)` in a process of its own; give what it yields, in order.

    Args:
        make: a function of a module, yielding batches without end.
        arguments: for `make`; they travel to the process.
    """
    context = multiprocessing.get_context("spawn")
    ready = context.Queue(_AHEAD)
    process = context.Process(target=_produce, args=(make, arguments, ready), daemon=True)
    process.start()
    try:
        yield BatchMaker(ready, process)
    finally:
        process.kill()
        process.join()
        ready.cancel_join_thread()
        ready.close()
