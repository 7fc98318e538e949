"""Paths to the pictures and videos that they mean, in order."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from connectors.image_folder import natural_key, picture_paths
from connectors.source import SourceUnreadableError, redact_url
from recognizers.picture_header import PICTURE_SUFFIXES


@dataclass(frozen=True, slots=True)
class PictureFile:
    """A picture to read."""

    source: str
    """What the results call it: the path as it was given, or that of its folder and its own name."""
    path: Path
    name: str
    """File name, unlike that of any other input of the run whatever the case of letters."""


@dataclass(frozen=True, slots=True)
class VideoFile:
    """A video to read frame by frame; the fields as those of `PictureFile`."""

    source: str
    path: Path
    name: str


Input = PictureFile | VideoFile


def list_inputs(paths: Sequence[str]) -> tuple[Input, ...]:
    """The pictures and videos in the order of the paths; those of a folder, not of its subfolders, by natural order.

    What has the suffix of a picture is one, every other file a video. Nothing is opened yet.

    Raises:
        SourceUnreadableError: a path leads nowhere, or to a folder without pictures.
    """
    files = [file for path in paths for file in _files(path)]
    names = unlike_names(path.name for _, path in files)
    return tuple(
        (PictureFile if path.suffix.lower() in PICTURE_SUFFIXES else VideoFile)(_printable(source), path, name)
        for (source, path), name in zip(files, names, strict=True)
    )


def unlike_names(names: Iterable[str]) -> Iterator[str]:
    """Each name, with a number before its suffix where it was given before: `a.jpg`, `a-2.jpg`."""
    given: dict[str, int] = {}
    for name in names:
        stem, suffix = os.path.splitext(name)
        unlike = name
        while unlike.casefold() in given:
            given[name.casefold()] += 1
            unlike = f"{stem}-{given[name.casefold()]}{suffix}"
        given[unlike.casefold()] = 1
        yield unlike


def _files(given: str) -> Iterator[tuple[str, Path]]:
    if not os.path.exists(given):
        hint = "try an address with platewatch camera check" if "://" in given else "check the path"
        msg = f"there is no file or folder {_printable(redact_url(given))}; {hint}"
        raise SourceUnreadableError(msg)
    path = Path(given)
    if not path.is_dir():
        yield given, path
        return
    for picture in sorted(picture_paths(path), key=lambda one: (natural_key(one.name), one.name)):
        yield os.path.join(given, picture.name), picture


def _printable(text: str) -> str:
    """The text with a question mark for bytes of a file name that are no UTF-8: JSON cannot hold them."""
    return text.encode("utf-8", "replace").decode()
