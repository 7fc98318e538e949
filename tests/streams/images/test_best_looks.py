from __future__ import annotations

import msgspec

from infra.settings.pipeline import RecognitionSettings
from recognizers.plate import Look
from streams.images.best_looks import BestLooks
from streams.passes import PassAssembler, Passes
from streams.records import Frame
from tests.builders import build_frame, build_image, build_look, build_tick

ASSEMBLER = PassAssembler(RecognitionSettings(), "test 1")


class Road:
    """A camera's passes, and what is held of them."""

    def __init__(self, held: BestLooks) -> None:
        self.passes = Passes()
        self.held = held

    def see(self, frame: Frame, *looks: Look, now_s: float = 0.0) -> None:
        self.passes = ASSEMBLER.observe(self.passes, frame, looks).passes
        self.held.observe(self.passes, frame, looks, now_s)

    @property
    def only(self) -> str:
        (one,) = self.passes.open
        return one.id


def frame(at_s: float, camera: str = "gate", size: int = 100) -> Frame:
    jpeg = f"{camera} at {at_s:g}".encode().ljust(size, b".")
    return build_frame(at_s, camera=camera, jpeg=jpeg)


def shown(held: BestLooks, pass_id: str) -> str | None:
    look = held.of(pass_id)
    return look.frame.decode().rstrip(".") if look else None


def test_the_frame_of_the_best_look_is_held_whether_better_or_worse_ones_follow() -> None:
    road = Road(BestLooks())
    for at_s, width in ((0.0, 60.0), (0.1, 90.0), (0.2, 70.0)):
        road.see(frame(at_s), build_look(width=width))
    assert shown(road.held, road.only) == "gate at 0.1"
    best = max(road.passes.open[0].best, key=lambda look: look.weight)
    held = road.held.of(road.only)
    assert held is not None
    assert held.captured_at == best.captured_at
    assert held.quad[1, 0] - held.quad[0, 0] == 90.0


def test_of_looks_that_are_as_good_the_first_is_held_as_it_is_told() -> None:
    road = Road(BestLooks())
    for at_s in (0.0, 0.1):
        road.see(frame(at_s), build_look())
    assert shown(road.held, road.only) == "gate at 0"


def test_two_vehicles_of_one_frame_are_held_each_with_its_own_plate() -> None:
    road = Road(BestLooks())
    road.see(frame(0.0), build_look("ABC123", x=200.0), build_look("XYZ789", x=900.0))
    middles = {one.best[0].text: road.held.of(one.id) for one in road.passes.open}
    assert {text: float(look.quad[:, 0].mean()) for text, look in middles.items() if look} == {
        "ABC123": 200.0,
        "XYZ789": 900.0,
    }


def test_a_frame_that_is_counted_again_changes_nothing() -> None:
    road = Road(BestLooks())
    look = build_look()
    road.see(frame(0.0), look)
    before = road.held.of(road.only)
    road.held.observe(road.passes, frame(0.0), [look], 0.0)
    assert road.held.of(road.only) is before


def test_after_a_restart_the_best_look_from_then_on_is_held() -> None:
    road = Road(BestLooks())
    road.see(frame(0.0), build_look(width=110.0))
    restarted = Road(BestLooks())
    restarted.passes = msgspec.msgpack.decode(msgspec.msgpack.encode(road.passes), type=Passes)
    for at_s, width in ((0.1, 60.0), (0.2, 80.0), (0.3, 70.0)):
        restarted.see(frame(at_s), build_look(width=width))
    assert shown(restarted.held, restarted.only) == "gate at 0.2"


def test_a_tick_holds_nothing() -> None:
    road = Road(BestLooks())
    road.see(frame(0.0), build_look())
    road.see(build_tick(0.5))
    assert shown(road.held, road.only) == "gate at 0"


def test_a_pass_that_is_forgotten_is_held_no_more() -> None:
    road = Road(BestLooks())
    road.see(frame(0.0), build_look())
    road.held.forget([road.only, "unknown"])
    assert road.held.of(road.only) is None


def test_beyond_the_bound_those_that_were_held_the_longest_go() -> None:
    held = BestLooks(most_bytes=250)
    roads = [Road(held) for _ in range(3)]
    for number, road in enumerate(roads):
        road.see(frame(number / 10, camera=f"camera-{number}"), build_look())
    assert [shown(held, road.only) for road in roads] == [None, "camera-1 at 0.1", "camera-2 at 0.2"]


def test_a_frame_beyond_the_bound_is_not_held_at_all_and_the_next_one_is() -> None:
    road = Road(BestLooks(most_bytes=250))
    road.see(frame(0.0, size=1000), build_look(width=60.0))
    assert road.held.of(road.only) is None
    road.see(frame(0.1), build_look(width=90.0))
    assert shown(road.held, road.only) == "gate at 0.1"


def test_a_look_whose_pictures_are_filed_takes_no_room() -> None:
    held = BestLooks(most_bytes=250)
    roads = [Road(held) for _ in range(4)]
    for number, road in enumerate(roads):
        road.see(frame(number / 10, camera=f"camera-{number}"), build_look())
        held.note_filed(road.only, build_image())
    looks = [held.of(road.only) for road in roads]
    assert [(look.frame, look.filed) for look in looks if look] == [(b"", build_image())] * 4


def test_what_no_camera_of_ours_ends_is_let_go_in_time() -> None:
    held = BestLooks()
    gone, here = Road(held), Road(held)
    gone.see(frame(0.0, camera="gone"), build_look(), now_s=0.0)
    here.see(frame(0.0, camera="here"), build_look(), now_s=300.0)
    here.see(frame(0.1, camera="here"), build_look(width=50.0), now_s=601.0)
    assert held.of(gone.only) is None
    assert shown(held, here.only) == "here at 0"
