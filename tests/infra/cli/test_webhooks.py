"""Subscriptions at the command line: what is missing or wrong is told in one line, before any server is asked."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

from infra.cli.main import main
from infra.cli.subscription_view import subscription_table, subscription_text
from infra.cli.webhook_trial import result_line, send_test
from infra.settings import Settings
from streams.delivery.contexts import MessageContexts
from streams.delivery.message import Answer, OutgoingMessage
from streams.delivery.sealing import Sealer
from streams.delivery.subscription import (
    AlertChoice,
    AlertFormat,
    AuthKind,
    Circle,
    EndpointAuth,
    Polygon,
    Schedule,
    SecretName,
    Shift,
    Subscription,
    Weekday,
)
from streams.delivery.subscription_store import StoredSubscription, SubscriptionListing, SubscriptionVersion
from streams.records import GeoPoint
from tests.builders import build_subscription, moment
from tests.endpoint_servers import KEY

STEP = ["--by", "A. Admin", "--role", "administrator", "--reason", "agreed"]
ADD = ["add", "metro-cad", "--url", "https://cad.example/alerts", "--agency", "Metro Police"]


def run(arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    monkeypatch.setattr("sys.argv", ["platewatch", "webhook", *arguments])
    with pytest.raises(SystemExit) as exit_:
        main()
    code = exit_.value.code
    assert isinstance(code, int)
    captured = capsys.readouterr()
    return code, " ".join((captured.out + captured.err).split())


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("option", ["--by", "--reason"])
@pytest.mark.parametrize(
    "command",
    [
        ["enable", "a"],
        ["disable", "a"],
        ["remove", "a"],
        ["rotate", "a"],
        ["finish-rotation", "a"],
        ["change", "a"],
        ADD,
    ],
    ids=lambda command: command[0],
)
def test_every_change_says_who_makes_it_and_why(
    command: list[str], option: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place = STEP.index(option)
    code, said = run([*command, *STEP[:place], *STEP[place + 2 :]], monkeypatch, capsys)
    assert code == 2
    assert f"Missing option '{option}'" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param([*ADD, *STEP, "--circle", "38"], "no circle", id="circle"),
        pytest.param([*ADD, *STEP, "--schedule", "always"], "no shift", id="schedule"),
        pytest.param([*ADD, *STEP, "--polygon", "none.json"], "none.json cannot be read", id="polygon-file"),
        pytest.param([*ADD, *STEP, "--auth-secret-file", "none"], "none cannot be read", id="secret-file"),
        pytest.param([*ADD, *STEP, "--category", "theft"], "Invalid value", id="category"),
        pytest.param([*ADD, *STEP, "--priority", "6"], "Invalid value", id="priority"),
        pytest.param([*ADD, "--by", "A", "--reason", "x", "--role", "chief"], "'chief' is no role", id="role"),
        pytest.param(["change", "metro-cad", *STEP], "nothing is to be changed", id="no-change"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(
    arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told = run(arguments, monkeypatch, capsys)
    assert code == 2
    assert said in told


def test_a_new_key_is_printed_and_seals(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    code, first = run(["key"], monkeypatch, capsys)
    _, second = run(["key"], monkeypatch, capsys)
    assert code == 0
    assert first != second
    settings = Settings.model_validate({"delivery": {"sealing_key": first}})
    sealer = Sealer(settings.delivery)
    assert sealer.unseal(sealer.seal("hunter2")) == "hunter2"


FULL = build_subscription(
    version=3,
    url="https://hooks.slack.com/services/T0/B0/secret-part",
    format=AlertFormat.SLACK,
    choice=AlertChoice(
        cameras=("north-*",),
        areas=(Circle(GeoPoint(38.2, -85.7), 500), Polygon((GeoPoint(0, 0), GeoPoint(0, 1), GeoPoint(1, 1)))),
        schedule=Schedule(time_zone="Europe/Berlin", shifts=(Shift(days=(Weekday.MONDAY,), begins="08:00"), Shift())),
    ),
    auth=EndpointAuth(kind=AuthKind.BASIC, username="pw"),
    disabled_because="answered 410 Gone",
    sealed={SecretName.SIGNING: "gAAA1", SecretName.SIGNING_BEFORE: "gAAA2", SecretName.AUTH: "gAAA3"},
)


def test_a_subscription_is_shown_line_by_line_without_secrets() -> None:
    versions = [SubscriptionVersion(build_subscription(), False), SubscriptionVersion(FULL, False)]
    text = subscription_text(FULL, versions)
    lines = text.splitlines()
    assert lines[0] == "subscription metro-cad: disabled: answered 410 Gone"
    assert "  endpoint: https://hooks.slack.com/…" in lines
    assert "  cameras: north-*" in lines
    assert "  areas: 500 m around 38.2, -85.7; a polygon of 3 corners, the first at 0, 0" in lines
    assert "  schedule: mon 08:00-24:00; every day 00:00-24:00 (Europe/Berlin)" in lines
    assert "  auth: basic pw" in lines
    assert "  signing: with the new secret and the one before" in lines
    assert lines[-2:] == [
        "  1  2026-11-22 12:00 by A. Admin",
        "  3  2026-11-22 12:00 by A. Admin  (disabled: answered 410 Gone)",
    ]
    assert "gAAA" not in text
    assert "secret-part" not in text


def test_the_list_shows_also_what_cannot_be_read() -> None:
    console = Console(width=200, record=True)
    listing = SubscriptionListing((StoredSubscription(FULL, False, 1, 1),), {"new-one": "written by a newer version"})
    console.print(subscription_table(listing))
    text = console.export_text()
    assert "answered 410 Gone" in text
    assert "written by a newer version" in text
    assert "secret-part" not in text


class Recorder:
    """A transport that takes everything."""

    def __init__(self) -> None:
        self.sent: list[OutgoingMessage] = []

    async def send(self, message: OutgoingMessage, subscription: Subscription) -> Answer:
        self.sent.append(message)
        return Answer(204, seconds=0.0123)


async def test_a_test_is_marked_as_one_and_needs_no_choice_to_want_it() -> None:
    recorder = Recorder()
    contexts = MessageContexts.of(Settings.model_validate({"delivery": {"sealing_key": KEY}}))
    nothing = AlertChoice(cameras=("no-such-camera",), least_urgent=1)
    subscription = build_subscription(choice=nothing, disabled_because="not yet")
    answer = await send_test(subscription, recorder, contexts, moment())
    (message,) = recorder.sent
    assert b'"test"' in message.payload.body
    assert b'"actual"' not in message.payload.body
    assert result_line("metro-cad", answer) == "metro-cad: taken after 12 ms: answered 204 No Content"


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        pytest.param(Answer(404, seconds=0.2), "a: not taken after 200 ms: answered 404 Not Found", id="status"),
        pytest.param(Answer(fault="no connection"), "a: not taken after 0 ms: no connection", id="fault"),
    ],
)
def test_what_was_not_taken_is_said_in_one_line(answer: Answer, line: str) -> None:
    assert result_line("a", answer) == line
