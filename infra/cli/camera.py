"""`platewatch camera`: connect the cameras of the settings, list them, or try one out."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from connectors.camera import WhenLost
from connectors.run_cameras import CamerasOutcome, RunModes, build_publisher, probe_source, run_cameras
from connectors.source import redact_url
from infra.cli.chosen_cameras import chosen_cameras
from infra.cli.native_noise import native_silence
from infra.cli.options import SettingsFiles
from infra.logs import configure_logs
from infra.settings import SettingsError, load_settings
from infra.settings.pipeline import CameraSettings

app = typer.Typer(help="Connect the cameras of the settings, list them, or try one out.", no_args_is_help=True)

FAULT = 2
"""Exit code where a camera could not do what it was asked to; a line on stderr says why."""

ResultT = TypeVar("ResultT")

Source = Annotated[
    str | None, typer.Option("--source", help="A video, a picture, a folder of pictures or an address, ad hoc.")
]


@app.command()
def run(
    *,
    camera: Annotated[list[str] | None, typer.Option("--camera", help="Only this camera; may be repeated.")] = None,
    source: Source = None,
    name: Annotated[str, typer.Option("--name", help="Name of the camera that --source is taken for.")] = "camera",
    once: Annotated[bool, typer.Option("--once", help="Fail at once where a live source cannot be had.")] = False,
    settings_files: SettingsFiles = None,
) -> None:
    """Send frames to Kafka until the recordings are over, or until Ctrl-C where a camera is live."""
    settings = load_settings(*settings_files or ())
    configure_logs(settings.log)
    cameras = chosen_cameras(settings, camera or []) if source is None else [_ad_hoc(source, name)]
    publisher = build_publisher(settings.kafka, settings.publisher)
    modes = RunModes(when_lost=WhenLost.FAIL if once else WhenLost.RECONNECT)
    outcome = _until_stopped(run_cameras(cameras, publisher, modes))
    if outcome is not None:
        _tell(outcome)


@app.command("list")
def list_cameras(*, settings_files: SettingsFiles = None) -> None:
    """Show the cameras of the settings; passwords stay hidden."""
    settings = load_settings(*settings_files or ())
    table = Table("camera", "source", "location", "frames/s at most")
    for camera in settings.cameras:
        place = f"{camera.location.lat:.5f}, {camera.location.lon:.5f}" if camera.location else ""
        table.add_row(camera.name, redact_url(camera.source), place, f"{camera.max_fps:g}")
    Console().print(table)


@app.command()
def check(
    source: Annotated[str, typer.Argument(help="A camera's name, or a video, picture, folder or address.")],
    *,
    picture: Annotated[Path, typer.Option(help="Where the picture is saved.")] = Path("camera-check.jpg"),
    settings_files: SettingsFiles = None,
) -> None:
    """Take one picture from a source, save it with what is read in it, and say what is wrong where there is none."""
    settings = load_settings(*settings_files or ())
    named = [camera for camera in settings.cameras if camera.name == source]
    camera = named[0] if named else _ad_hoc(source, "check")
    frame = _until_stopped(probe_source(camera))
    if frame is None:
        raise typer.Exit(FAULT)
    # The models are slow to load and large; the cameras of `run` need none.
    from infra.camera_picture import check_picture  # noqa: PLC0415
    from infra.recognize.plates import build_view  # noqa: PLC0415

    with native_silence():
        checked = check_picture(frame.jpeg, build_view(settings.recognition, camera))
    _save(picture, checked.jpeg)
    typer.echo(f"source   {redact_url(camera.source)}")
    typer.echo(f"frame    {frame.width}x{frame.height} pixels, {len(frame.jpeg) / 1000:.0f} kB")
    typer.echo(f"time     {frame.captured_at.isoformat(timespec='milliseconds')}")
    typer.echo(f"plates   {checked.plates}")
    for sentence in checked.advice:
        typer.echo(f"advice   {sentence}")
    typer.echo(f"picture  {picture}")


def _ad_hoc(source: str, name: str) -> CameraSettings:
    try:
        return CameraSettings(name=name, source=source)
    except ValidationError as error:
        first = error.errors()[0]
        msg = f"--{first['loc'][0]}: {first['msg']}"
        raise SettingsError(msg) from error


def _tell(outcome: CamerasOutcome) -> None:
    for camera in outcome.cameras:
        run_ = camera.run
        counts = f"{run_.frames} frames, {run_.dropped} dropped, {run_.unreadable} unreadable, {run_.spooled} spooled"
        typer.echo(f"{camera.camera}: {counts}")
        if camera.error:
            typer.echo(f"{camera.camera}: {camera.error}", err=True)
    if outcome.left_on_disk:
        typer.echo(f"{outcome.left_on_disk} messages wait on disk; the next run sends them first", err=True)
    if any(camera.error for camera in outcome.cameras):
        raise typer.Exit(FAULT)


def _save(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        msg = f"{path} cannot be written ({error.strerror}); give another place with --picture"
        raise SettingsError(msg) from error


def _until_stopped(work: Coroutine[Any, Any, ResultT]) -> ResultT | None:
    """Run it; Ctrl-C and SIGTERM end it cleanly, and then there is no result."""

    async def stoppable() -> ResultT | None:
        task = asyncio.ensure_future(work)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, task.cancel)
        try:
            return await task
        except asyncio.CancelledError:
            return None

    return asyncio.run(stoppable())
