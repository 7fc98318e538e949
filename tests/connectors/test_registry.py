from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from connectors.image_folder import ImageFolderSource
from connectors.live_stream import LiveStreamSource
from connectors.registry import SOURCE_GROUP, SourceOptions, build_source
from connectors.scripted_source import ScriptedSource
from connectors.source import SourcePluginError, SourceUnreadableError
from connectors.video_file import VideoFileSource


def build_drone(address: str, options: SourceOptions) -> ScriptedSource:
    assert address.startswith("drone://")
    return ScriptedSource([], resume_after=options.resume_after)


def test_what_the_address_is_decides_the_source(tmp_path: Path, folder: Path, video: Callable[..., Path]) -> None:
    table = {
        str(folder): ImageFolderSource,
        str(folder / "frame7.jpg"): ImageFolderSource,
        str(video()): VideoFileSource,
        video().as_uri(): VideoFileSource,
        "rtsp://127.0.0.1/a": LiveStreamSource,
        "http://127.0.0.1/stream": LiveStreamSource,
        "https://127.0.0.1/day/clip.MP4": VideoFileSource,
    }
    for address, kind in table.items():
        assert type(build_source(address)) is kind, address


def test_a_path_that_is_missing_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadableError, match="there is no file or folder"):
        build_source(str(tmp_path / "gone"))


@dataclass(frozen=True)
class _Distribution:
    name: str


def plugin(distribution: str, target: str = f"{__name__}:build_drone") -> EntryPoint:
    point = EntryPoint("drone", target, SOURCE_GROUP)
    vars(point)["dist"] = _Distribution(distribution)
    return point


class LoadedPlugin(EntryPoint):
    """An entry point whose object is here already."""

    def load(self) -> object:
        return build_drone


def test_other_schemes_are_served_by_plugins() -> None:
    loaded = LoadedPlugin("drone", "x:y", SOURCE_GROUP)
    assert isinstance(build_source("drone://7", plugins=lambda: [loaded]), ScriptedSource)


def test_two_plugins_of_one_scheme_are_both_named() -> None:
    both = [plugin("acme-drones"), plugin("best-drones")]
    with pytest.raises(SourcePluginError, match="acme-drones and best-drones both serve drone://"):
        build_source("drone://7", plugins=lambda: both)


def test_a_plugin_that_cannot_be_loaded_is_named() -> None:
    with pytest.raises(SourcePluginError, match="the plug-in of acme-drones for drone://"):
        build_source("drone://7", plugins=lambda: [plugin("acme-drones", "no_such_module:x")])


def test_an_unknown_scheme_names_the_known_ones() -> None:
    with pytest.raises(SourcePluginError, match="nothing serves ftp:// addresses; known are drone, http"):
        build_source("ftp://host/a", plugins=lambda: [plugin("acme-drones")])
