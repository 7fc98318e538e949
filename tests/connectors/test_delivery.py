from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from connectors.delivery import Delivery, Outcome, Phase
from connectors.message import OutgoingMessage

TIMEOUT_S = 3.0


def message(number: int, size: int = 10) -> OutgoingMessage:
    return OutgoingMessage("pw.frames", b"cam", bytes(size), (), number)


def delivery(phase: Phase = Phase.STREAMING) -> Delivery:
    return Delivery(phase, timeout_s=TIMEOUT_S, bytes_max=1000)


def numbers(state: Delivery) -> list[int]:
    return [waiting.timestamp_ms for waiting in state.backlog]


def test_messages_go_to_the_wire_while_streaming_and_to_the_disk_else() -> None:
    state = delivery()
    assert state.hand_over(message(1), 0.0) is not None
    state.retreat("away")
    assert state.hand_over(message(2), 0.0) is None
    assert numbers(state) == [2]


def test_what_was_not_delivered_goes_to_the_disk_before_what_is_newer() -> None:
    state = delivery()
    tickets = [state.hand_over(message(number), 0.0) for number in range(4)]
    assert tickets[0] is not None
    assert tickets[2] is not None
    state.report(tickets[0], Outcome.DELIVERED, "")
    state.report(tickets[2], Outcome.FAILED, "no leader")
    assert state.trouble(0.0) == "no leader"
    state.retreat("no leader")
    state.hand_over(message(9), 0.1)
    state.take_back(1.0)
    assert numbers(state) == [1, 2, 3, 9]
    assert state.trouble(99.0) is None


def test_silence_is_trouble_after_the_limit() -> None:
    state = delivery()
    state.hand_over(message(1), 10.0)
    assert state.trouble(10.0 + TIMEOUT_S - 0.01) is None
    assert state.trouble(10.0 + TIMEOUT_S) == "no acknowledgement within 3 s"


def test_late_reports_of_what_was_taken_back_change_nothing() -> None:
    state = delivery()
    ticket = state.hand_over(message(1), 0.0)
    assert ticket is not None
    state.retreat("away")
    state.take_back(0.0)
    assert state.report(ticket, Outcome.DELIVERED, "") is None
    assert numbers(state) == [1]


def test_a_rejected_message_is_settled_and_holds_nothing_up() -> None:
    state = delivery()
    ticket = state.hand_over(message(1), 0.0)
    assert ticket is not None
    assert state.report(ticket, Outcome.REJECTED, "too large") is not None
    assert state.trouble(99.0) is None
    assert state.unaccepted == 0


def test_what_the_spool_sends_stays_in_the_spool_when_called_back() -> None:
    state = delivery(Phase.DRAINING)
    state.send_spooled(message(1), 0, 0.0)
    state.retreat("away")
    state.take_back(5.0)
    assert numbers(state) == []
    assert state.retry_at_s == 5.0
    assert state.unaccepted == 0


def test_after_catching_up_what_waits_in_memory_is_sent_first() -> None:
    state = delivery(Phase.DRAINING)
    for number in range(3):
        state.hand_over(message(number), 0.0)
    sent = [waiting.timestamp_ms for _, waiting in state.caught_up(1.0)]
    assert sent == [0, 1, 2]
    assert (state.phase, state.reason, numbers(state)) == (Phase.STREAMING, "", [])
    assert state.hand_over(message(3), 1.0) is not None


@given(st.lists(st.sampled_from(["new", "delivered", "failed", "retreat", "store", "catch-up"]), max_size=60))
def test_room_is_what_is_neither_in_kafka_nor_on_disk(steps: list[str]) -> None:
    state = delivery()
    tickets: list[int] = []
    for number, step in enumerate(steps):
        if step == "new":
            ticket = state.hand_over(message(number, size=100), 0.0)
            tickets += [] if ticket is None else [ticket]
        elif step in ("delivered", "failed") and tickets:
            outcome = Outcome.DELIVERED if step == "delivered" else Outcome.FAILED
            state.report(tickets.pop(0), outcome, "failed")
        elif step == "retreat":
            state.retreat("away")
            state.take_back(0.0)
        elif step == "store" and state.phase is not Phase.STREAMING:
            state.stored(len(state.backlog))
        elif step == "catch-up" and state.phase is not Phase.STREAMING:
            tickets += [ticket for ticket, _ in state.caught_up(0.0)]
        assert state.has_room == (state.unaccepted * 103 < 1000)
