from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from streams.delivery.endpoint_url import EndpointAddress
from streams.delivery.message import Answer, OutgoingMessage, Verdict, judge
from streams.delivery.sealing import OpenedSecrets
from streams.delivery.subscription import Subscription
from streams.delivery.transports import EndpointTransport
from tests.builders import build_subscription
from tests.endpoint_servers import MESSAGE, delivery_settings

SECRET = "sesame"


class BrokenEndpoint:
    """What nobody foresaw, while it is opened or while it is sent to."""

    def __init__(self, address: EndpointAddress) -> None:
        self.address = address

    async def deliver(self, message: OutgoingMessage, now: Callable[[], datetime]) -> Answer:
        raise LookupError(SECRET)

    async def close(self) -> None: ...


async def open_broken(_: Subscription, address: EndpointAddress, __: OpenedSecrets) -> BrokenEndpoint:
    return BrokenEndpoint(address)


async def refuse_to_open(_: Subscription, __: EndpointAddress, ___: OpenedSecrets) -> BrokenEndpoint:
    raise LookupError(SECRET)


@pytest.mark.parametrize("opener", [open_broken, refuse_to_open])
async def test_a_fault_that_nobody_foresaw_is_one_endpoints_and_tried_again_and_tells_no_secret(
    opener: Callable[..., object], caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    transport = EndpointTransport(delivery_settings(), opener)  # type: ignore[arg-type]
    answer = await transport.send(MESSAGE, build_subscription())
    assert judge(answer) is Verdict.AGAIN
    assert "LookupError" in answer.fault
    printed = capsys.readouterr()
    assert SECRET not in answer.fault + caplog.text + printed.out + printed.err
