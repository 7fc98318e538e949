"""What a demo plays: a clip of its own with its truth, or whatever source it is given, and the plates it looks for."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from infra.demo.report import TruePass
from recognizers.fold import normalise
from recognizers.rendering.clip import render_clip
from recognizers.rendering.clip_spec import ClipSpec
from recognizers.rendering.truth import load_truth
from streams.records import Category, HotlistEntry, event_id

HOTLIST = "demo"
_WANTED = 6
"""Plates of the clip that go on the hot list; enough to see that most vehicles raise nothing."""

_CATEGORIES = (Category.STOLEN_VEHICLE, Category.AMBER, Category.WARRANT, Category.STOLEN_PLATE)
_INSTRUCTIONS = "Demonstration: stop only with probable cause and identify the occupants."


@dataclass(frozen=True, slots=True)
class Scenario:
    """One source and what is known of it."""

    source: str
    truth: tuple[TruePass, ...] | None
    wanted: frozenset[str]

    def entries(self, run: str) -> tuple[HotlistEntry, ...]:
        """The hot list of one run. The run is part of the ids, so the windows of an earlier run hold nothing back."""
        return tuple(
            HotlistEntry(
                id=event_id("demo", run, plate),
                hotlist=HOTLIST,
                plate=plate,
                category=_CATEGORIES[index % len(_CATEGORIES)],
                reason="demonstration",
                instructions=_INSTRUCTIONS,
                case_number=f"DEMO-{run}",
            )
            for index, plate in enumerate(sorted(self.wanted))
        )


def rendered(spec: ClipSpec, folder: Path, on_progress: Callable[[int, int], None] | None = None) -> Scenario:
    """A clip of our own, rendered at the first run and kept; some of its plates are wanted, those that come twice too.

    Raises:
        RenderingError: the clip cannot be rendered or read.
    """
    home = folder / f"{spec.name}-{spec.seed}"
    truth_file = home / f"{spec.name}.truth.json"
    if not truth_file.exists():
        home.mkdir(parents=True, exist_ok=True)
        render_clip(spec, home, on_progress)
    truth = load_truth(truth_file)
    passes = tuple(TruePass(one.plate, one.first_s, one.last_s) for one in truth.passes)
    plates = [one.plate for one in passes]
    twice = sorted({plate for plate in plates if plates.count(plate) > 1})
    others = sorted(set(plates) - set(twice))
    wanted = twice + random.Random(spec.seed).sample(others, min(len(others), _WANTED - len(twice)))  # noqa: S311
    return Scenario(str(home / truth.video), passes, frozenset(wanted))


def given(source: str, wanted: tuple[str, ...]) -> Scenario:
    """Somebody's own source, of which nothing is known but the plates they look for."""
    return Scenario(source, None, frozenset(normalise(plate) for plate in wanted))
