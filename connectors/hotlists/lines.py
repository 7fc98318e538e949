"""A file as lines of text: any line end, byte-order marks, a bound on a line's length, never all of it in memory."""

from __future__ import annotations

import codecs
import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from connectors.hotlists.errors import HotlistFileError

MAX_LINE = 64 * 1024
"""Characters of a line; a list's row has fewer than 1,000. A longer one is skipped without being held in memory."""

READ_BYTES = 1 << 20
"""Bytes read at once: more gains nothing, fewer cost time."""

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd]")
_SIGNATURES = {
    b"PK\x03\x04": "a spreadsheet or ZIP archive",
    b"\xd0\xcf\x11\xe0": "an old spreadsheet",
    b"\x1f\x8b": "a gzip archive",
    b"%PDF": "a PDF",
    b"<?xml": "XML",
}
_BINARY_SHARE = 0.05
"""Share of characters of the file's beginning that are none of a text; a text with a few stray NULs has fewer."""
_JUDGED = 4096
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


@dataclass(frozen=True, slots=True)
class UnusableLine:
    """A line that is not plain text: why it can be no row."""

    fault: str


_TOO_LONG = UnusableLine(f"the line has more than {MAX_LINE} characters")


class TextLines:
    """The lines of one file, read once. After the last of them, `sha256` and `ends_with_line_break` are known."""

    def __init__(self, path: Path, encoding: str, *, read_bytes: int = READ_BYTES) -> None:
        self.path = path
        self._read_bytes = read_bytes
        self.number = 0
        """Of the line that was given last, from 1."""
        self.sha256 = ""
        self.ends_with_line_break = True
        self._encoding = encoding

    def __iter__(self) -> Iterator[str | UnusableLine]:
        """Each line without its end; an `UnusableLine` with its fault in place of one that cannot be used.

        Raises:
            HotlistFileError: the file cannot be read, is empty, or is no text.
        """
        try:
            with self.path.open("rb") as file:
                yield from self._lines(file)
        except OSError as error:
            msg = f"hot list {self.path} cannot be read ({error.strerror}); check the path and its permissions"
            raise HotlistFileError(msg) from error

    def _lines(self, file: io.BufferedReader) -> Iterator[str | UnusableLine]:
        pending, too_long = "", False
        for text, encoding in self._texts(file):
            *whole, rest = (pending + text).split("\n")
            # One scan of a megabyte is cheaper than one of each of its lines.
            is_clean = _UNREADABLE.search(text) is None and _UNREADABLE.search(pending) is None
            for line in whole:
                self.number += 1
                if too_long or len(line) > MAX_LINE:
                    too_long = False
                    yield _TOO_LONG
                else:
                    yield line if is_clean else _checked(line, encoding)
            too_long = too_long or len(rest) > MAX_LINE
            pending = "" if too_long else rest
        self.ends_with_line_break = not (pending or too_long)
        if not self.ends_with_line_break:
            self.number += 1
            yield _TOO_LONG if too_long else _checked(pending, encoding)

    def _texts(self, file: io.BufferedReader) -> Iterator[tuple[str, str]]:
        """The file's text piece by piece, every line end as one line feed, with the encoding that was used."""
        digest = hashlib.sha256()
        chunk = file.read(self._read_bytes)
        self._refuse_what_is_no_list(chunk)
        mark, encoding = next(((mark, name) for mark, name in _MARKS if chunk.startswith(mark)), (b"", self._encoding))
        # Bytes that the encoding does not know become U+FFFD, and their line is refused, not the file.
        decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)("replace"), translate=True)
        digest.update(chunk)
        text = decoder.decode(chunk[len(mark) :])
        self._refuse_binary(text[:_JUDGED], encoding)
        yield text, encoding
        while chunk := file.read(self._read_bytes):
            digest.update(chunk)
            yield decoder.decode(chunk), encoding
        self.sha256 = digest.hexdigest()
        yield decoder.decode(b"", final=True), encoding

    def _refuse_what_is_no_list(self, first: bytes) -> None:
        if not first:
            msg = f"hot list {self.path} is empty; fetch it again"
            raise HotlistFileError(msg)
        for signature, kind in _SIGNATURES.items():
            if first.startswith(signature):
                msg = f"hot list {self.path} is {kind}; save it as delimited or fixed-width text"
                raise HotlistFileError(msg)

    def _refuse_binary(self, beginning: str, encoding: str) -> None:
        if len(_UNREADABLE.findall(beginning)) > _BINARY_SHARE * len(beginning):
            msg = f"hot list {self.path} is no {encoding} text; save it as such, or name its encoding in the template"
            raise HotlistFileError(msg)


def _checked(line: str, encoding: str) -> str | UnusableLine:
    if (control := _CONTROL.search(line)) is not None:
        return UnusableLine(f"the line holds the control character U+{ord(control.group()):04X}")
    if "\ufffd" in line:
        return UnusableLine(f"the line holds bytes that are no {encoding}; name the file's encoding in the template")
    return line
