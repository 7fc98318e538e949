from __future__ import annotations

import asyncio
import itertools
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from connectors.conformance import LIVE_LAWS, SourceLaw, play
from connectors.live_stream import LiveStreamSource
from connectors.recording_time import Pace, RecordingTime
from connectors.source import (
    SourceError,
    SourceRefusedError,
    SourceStalledError,
    SourceUnreachableError,
    SourceUnreadableError,
)
from connectors.stream_probe import explain_refusal
from connectors.video_file import VideoFileSource

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def camera(handler: Handler) -> AsyncIterator[str]:
    """A camera's web server; gives the address of its stream, without the scheme."""
    app = web.Application()
    app.router.add_get("/stream.mjpg", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"127.0.0.1:{runner.addresses[0][1]}/stream.mjpg"
    finally:
        await runner.cleanup()


def streaming(
    jpeg: Callable[[int], bytes], *, frames: int, then: Handler | None = None, gap_s: float = 0.02
) -> Handler:
    """Sends so many pictures as multipart, then breaks off or does what `then` does."""

    async def handle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "multipart/x-mixed-replace; boundary=frame"})
        await response.prepare(request)
        try:
            for index in range(frames):
                data = jpeg(index * 5 % 250)
                head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n"
                await response.write(head.encode() + data + b"\r\n")
                await asyncio.sleep(gap_s)
            if then is not None:
                await then(request)
        except ConnectionResetError:
            pass  # the reader has gone
        return response

    return handle


async def silence(_: web.Request) -> web.StreamResponse:
    await asyncio.sleep(30)
    raise AssertionError


@pytest.mark.parametrize("law", LIVE_LAWS)
async def test_a_live_stream_obeys_the_contract(law: SourceLaw, jpeg: Callable[[int], bytes]) -> None:
    async with camera(streaming(jpeg, frames=1000)) as address:
        await law(lambda _: LiveStreamSource(f"http://{address}"))


async def test_frames_of_a_stream_come_in_order_and_its_end_is_said(jpeg: Callable[[int], bytes]) -> None:
    async with camera(streaming(jpeg, frames=40)) as address:
        source = LiveStreamSource(f"http://{address}", max_fps=60)
        await source.open()
        frames = [await source.next_frame() for _ in range(5)]
        assert all(before.captured_at < after.captured_at for before, after in itertools.pairwise(frames))
        assert {(frame.width, frame.height) for frame in frames} == {(160, 120)}
        assert source.position() is None
        with pytest.raises(SourceStalledError, match="broke off; connecting again"):
            await play(source, opened=True)


async def test_frames_that_nobody_takes_in_time_are_dropped_and_counted(jpeg: Callable[[int], bytes]) -> None:
    async with camera(streaming(jpeg, frames=40, gap_s=0.001)) as address:
        source = LiveStreamSource(f"http://{address}", max_fps=60)
        await source.open()
        deadline = time.monotonic() + 10
        while not source.dropped:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.01)
        await source.close()
        assert source.dropped > 0


async def test_a_stream_that_falls_silent_has_stalled(jpeg: Callable[[int], bytes]) -> None:
    async with camera(streaming(jpeg, frames=12, then=silence)) as address:
        source = LiveStreamSource(f"http://{address}", max_fps=60, stall_s=0.4)
        await source.open()
        with pytest.raises(SourceStalledError):
            await play(source, opened=True)


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.mark.parametrize("scheme", ["rtsp", "http"])
async def test_an_unreachable_host_is_said_at_once_and_without_the_password(scheme: str) -> None:
    source = LiveStreamSource(f"{scheme}://admin:s3cret@127.0.0.1:{closed_port()}/a")
    began = time.monotonic()
    with pytest.raises(SourceUnreachableError, match=r"cannot be reached \(the port is closed\); check") as caught:
        await source.open()
    await source.close()
    assert time.monotonic() - began < 5
    assert "s3cret" not in str(caught.value)
    assert "\n" not in str(caught.value)


async def test_a_host_that_does_not_exist_is_said() -> None:
    with pytest.raises(SourceUnreachableError, match="no such host"):
        await LiveStreamSource("rtsp://no-such-camera.invalid/a").open()


@pytest.mark.parametrize("address", ["rtsp:///a", "rtsp://host:99999/a", "rtsp://host:0/"])
async def test_an_address_that_is_none_is_said(address: str) -> None:
    with pytest.raises(SourceUnreadableError, match="is no address of a stream"):
        await LiveStreamSource(address).open()


@pytest.mark.parametrize(
    ("status", "login", "error", "reason"),
    [
        pytest.param(401, "", SourceRefusedError, "wants a user name and password", id="no-login"),
        pytest.param(401, "admin:s3cret@", SourceRefusedError, "does not accept", id="wrong-login"),
        pytest.param(403, "admin:s3cret@", SourceRefusedError, "does not accept", id="forbidden"),
        pytest.param(404, "", SourceUnreadableError, "no stream at this path", id="wrong-path"),
        pytest.param(503, "", SourceUnreachableError, "its own fault 503", id="camera-fault"),
    ],
)
async def test_what_a_camera_answers_is_told_apart(
    status: int, login: str, error: type[SourceError], reason: str
) -> None:
    async def refuse(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status)

    async with camera(refuse) as address:
        with pytest.raises(error, match=reason) as caught:
            await LiveStreamSource(f"http://{login}{address}").open()
        assert "s3cret" not in str(caught.value)


async def test_a_page_that_is_no_video_is_said() -> None:
    async def page(_: web.Request) -> web.StreamResponse:
        return web.Response(text="<html>hello</html>")

    async with camera(page) as address:
        with pytest.raises(SourceError, match="gives no video"):
            await LiveStreamSource(f"http://{address}").open()


async def test_a_server_that_does_not_speak_rtsp_is_said() -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(SourceUnreachableError, match="does not speak RTSP"):
            await explain_refusal(f"rtsp://127.0.0.1:{port}/a")


async def test_a_video_behind_http_is_played_as_a_recording(video: Callable[..., Path]) -> None:
    clip = video(frames=12)

    async def serve(_: web.Request) -> web.StreamResponse:
        return web.FileResponse(clip)

    async with camera(serve) as address:
        frames = await play(VideoFileSource(f"http://{address}", time=RecordingTime(pace=Pace.FLAT_OUT)))
    assert len(frames) == 12
