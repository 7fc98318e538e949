"""Where results go: JSON lines for programs, a table for people. Each is written as it comes, none is kept."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Protocol

import msgspec
from rich.console import Console
from rich.text import Text

from infra.recognize.errors import RecognizeError
from infra.recognize.inputs import Input
from infra.recognize.plates import PictureReads
from recognizers.picture_header import PICTURE_SUFFIXES


class Results(Protocol):
    """Takes the reads of one picture after the other."""

    def write(self, reads: PictureReads) -> None:
        """Write them at once."""
        ...


class JsonLines:
    """A JSON object a line. The file stays the caller's, who closes it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, reads: PictureReads) -> None:
        """One line, flushed.

        Raises:
            RecognizeError: the disk does not take it.
            BrokenPipeError: nobody reads on.
        """
        try:
            self._file.write(msgspec.json.encode(reads) + b"\n")
            self._file.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            msg = f"the results cannot be written on ({error.strerror}); what was written so far is right"
            raise RecognizeError(msg) from error


class ReadsTable:
    """A line for each plate, and one for a picture without; columns of fixed width, since rows to come are unknown."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._begun = False

    def write(self, reads: PictureReads) -> None:
        """The picture's lines."""
        if not self._begun:
            self._begun = True
            head = f"{'plate':<12} {'confidence':>10} {'width':>8} {'time':>8}  picture"
            self._print(Text(head, style="bold"))
        time_ms = f"{reads.ms:.0f} ms"
        if not reads.plates:
            self._print(Text(f"{'none':<12} {'':>10} {'':>8} {time_ms:>8}  {reads.source}", style="dim"))
        for plate in reads.plates:
            width = f"{plate.plate_width_px:.0f} px"
            line = f"{plate.plate:<12} {plate.confidence:>10.1%} {width:>8} {time_ms:>8}  {reads.source}"
            self._print(Text(line))

    def _print(self, line: Text) -> None:
        self._console.print(line, soft_wrap=True)


@contextmanager
def json_lines(path: Path) -> Iterator[JsonLines]:
    """JSON lines into a new file; what was there goes.

    Raises:
        RecognizeError: it cannot be written, or its name is that of a picture.
    """
    if path.suffix.lower() in PICTURE_SUFFIXES:
        # As in `recognize --jsonl *.jpg`, which would write over the first of the pictures.
        msg = f"--jsonl {path} is the name of a picture; give a file such as reads.jsonl"
        raise RecognizeError(msg)
    try:
        file = path.open("wb")
    except OSError as error:
        msg = f"{path} cannot be written ({error.strerror}); give another place with --jsonl"
        raise RecognizeError(msg) from error
    try:
        yield JsonLines(file)
    finally:
        # Every line was flushed; what the disk did not take was told then.
        with suppress(OSError):
            file.close()


def prepare_folder(folder: Path, inputs: Iterable[Input]) -> None:
    """Make the folder for marked pictures, and see that it can be written to and holds none of the inputs.

    Raises:
        RecognizeError: it cannot be used.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        msg = f"folder {folder} cannot be written to ({error.strerror}); give another one with --annotate"
        raise RecognizeError(msg) from error
    if folder.resolve() in {parent.resolve() for parent in {one.path.parent for one in inputs}}:
        msg = f"--annotate {folder} is the folder of pictures that are read, and would write over them; give another"
        raise RecognizeError(msg)
