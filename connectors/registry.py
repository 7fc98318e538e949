"""Which source serves an address: ours by what the address is, others by entry point."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from urllib.parse import unquote, urlsplit

from connectors.image_folder import ImageFolderSource
from connectors.live_stream import LiveStreamSource
from connectors.recording_time import Pace, RecordingTime
from connectors.source import FrameSource, SourcePluginError, SourcePosition, SourceUnreadableError
from connectors.video_file import VideoFileSource
from infra.settings.pipeline import PictureTimes
from recognizers.picture_header import PICTURE_SUFFIXES

SOURCE_GROUP = "platewatch.sources"
"""Entry points of this group are named by an address scheme and give a `SourceFactory`."""

_LIVE_SCHEMES = frozenset({"rtsp", "rtsps", "http", "https"})
_VIDEO_SUFFIXES = frozenset({".mp4", ".mkv", ".mov", ".avi", ".webm", ".m4v"})


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """What a source may be told; each takes what concerns it.

    `start` is the moment of a recording's first frame, None for now; `interval_s` lies between pictures that do not
    say when they were taken; `resume_after` is a position that a source of the same address gave.
    """

    max_fps: float = 10.0
    jpeg_quality: int = 85
    stall_s: float = 10.0
    pace: Pace = Pace.RECORDED
    start: datetime | None = None
    interval_s: float = 1.0
    picture_times: PictureTimes = PictureTimes.METADATA
    clock_offset: timedelta = field(default_factory=timedelta)
    resume_after: SourcePosition | None = None


SourceFactory = Callable[[str, SourceOptions], FrameSource]
"""Makes a source of an address. Opens nothing yet."""


def installed_plugins() -> Iterable[EntryPoint]:
    """The sources that installed distributions offer."""
    return entry_points(group=SOURCE_GROUP)


def build_source(
    address: str,
    options: SourceOptions | None = None,
    *,
    plugins: Callable[[], Iterable[EntryPoint]] = installed_plugins,
) -> FrameSource:
    """The source of a video file, a picture or folder of pictures, a stream's URL, or whatever a plug-in serves.

    Raises:
        SourceUnreadableError: there is no such file or folder.
        SourcePluginError: nothing serves the scheme, two plug-ins do, or the one that does cannot be loaded.
    """
    options = options or SourceOptions()
    if "://" not in address:
        return _recorded(Path(address).expanduser(), options)
    parts = urlsplit(address)
    if parts.scheme == "file":
        return _recorded(Path(unquote(parts.path)), options)
    if parts.scheme not in _LIVE_SCHEMES:
        return _load(parts.scheme, list(plugins()))(address, options)
    if parts.scheme.startswith("http") and Path(parts.path).suffix.lower() in _VIDEO_SUFFIXES:
        return _video(address, options)
    return LiveStreamSource(
        address, max_fps=options.max_fps, stall_s=options.stall_s, jpeg_quality=options.jpeg_quality
    )


def _recorded(path: Path, options: SourceOptions) -> FrameSource:
    if not path.exists():
        msg = f"there is no file or folder {path}; check the path"
        raise SourceUnreadableError(msg)
    if not path.is_dir() and path.suffix.lower() not in PICTURE_SUFFIXES:
        return _video(path, options)
    return ImageFolderSource(
        path,
        time=RecordingTime(pace=options.pace, start=options.start),
        interval_s=options.interval_s,
        times=options.picture_times,
        clock_offset=options.clock_offset,
        resume_after=options.resume_after,
    )


def _video(location: Path | str, options: SourceOptions) -> FrameSource:
    return VideoFileSource(
        location,
        time=RecordingTime(pace=options.pace, start=options.start),
        max_fps=options.max_fps,
        jpeg_quality=options.jpeg_quality,
        resume_after=options.resume_after,
    )


def _load(scheme: str, plugins: list[EntryPoint]) -> SourceFactory:
    found = [plugin for plugin in plugins if plugin.name == scheme]
    if not found:
        known = ", ".join(sorted(_LIVE_SCHEMES | {plugin.name for plugin in plugins}))
        msg = f"nothing serves {scheme}:// addresses; known are {known}, and paths of files and folders"
        raise SourcePluginError(msg)
    if len(found) > 1:
        names = " and ".join(sorted(_distribution(plugin) for plugin in found))
        msg = f"{names} both serve {scheme}:// addresses; uninstall one"
        raise SourcePluginError(msg)
    try:
        factory: SourceFactory = found[0].load()
    except (ImportError, AttributeError) as error:
        msg = f"the plug-in of {_distribution(found[0])} for {scheme}:// cannot be loaded ({error}); install it again"
        raise SourcePluginError(msg) from error
    return factory


def _distribution(plugin: EntryPoint) -> str:
    return plugin.dist.name if plugin.dist is not None else plugin.value
