"""Which characters the reader takes for which: where the fold's classes come from. `platewatch bench confusion`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import numpy as np

from infra.bench.rows import Goal, Row, share
from recognizers.confidence import load_calibration
from recognizers.fold import CONFUSED
from recognizers.plate import PlateReader
from recognizers.reader import shipped_reader
from recognizers.training.plate_pool import REGION_SHARES, draw_plate
from recognizers.training.reader_samples import draw_rendered
from recognizers.voting import align

_SEED = 20_260_202  # no training or calibration draws these plates
_PLATES = 4000
_ROWS = 24

Confusions = Counter[tuple[str, str]]
"""How often a character was read as another; itself too."""


def measure_confusion() -> list[Row]:
    """The commonest confusions, each as a share of its character's appearances, and whether the fold joins them."""
    reads = list(_reads(shipped_reader(load_calibration())))
    counts = count_confusions(reads)
    shown: Counter[str] = Counter()
    for (true, _), count in counts.items():
        shown[true] += count
    wrong = Counter({pair: count for pair, count in counts.items() if pair[0] != pair[1]})
    lengths = [
        share(name, count, len(reads), goal=Goal(None, None), how="of all plates")
        for name, count in (
            ("too few characters", sum(len(read) < len(true) for true, read in reads)),
            ("too many characters", sum(len(read) > len(true) for true, read in reads)),
        )
    ]
    return lengths + [
        share(
            f"{true} read as {read}",
            count,
            shown[true],
            goal=Goal(None, None),
            how="folded together" if is_folded(true, read) else "not folded",
        )
        for (true, read), count in wrong.most_common(_ROWS)
    ]


def count_confusions(reads: Iterable[tuple[str, str]]) -> Confusions:
    """Of pairs of a true text and the one read; characters that are missing or too many are passed over."""
    counts: Confusions = Counter()
    for true, read in reads:
        for at_true, at_read in align([{c: 1.0} for c in true], [{c: 1.0} for c in read]):
            if at_true is not None and at_read is not None:
                counts[true[at_true], read[at_read]] += 1
    return counts


def is_folded(one: str, other: str) -> bool:
    """Whether the fold gives both the same representative."""
    return any(one in group and other in group for group in CONFUSED)


def _reads(reader: PlateReader) -> Iterable[tuple[str, str]]:
    """Rendered plates of every region, small and worn as in training, and what is read on them without a grammar."""
    rng = np.random.default_rng(_SEED)
    ground = np.full((200, 300), 90, np.uint8)
    regions, shares = [region for region, _ in REGION_SHARES], [part for _, part in REGION_SHARES]
    for _ in range(_PLATES):
        scene = draw_rendered(draw_plate(rng, regions[int(rng.choice(len(regions), p=shares))]), ground, rng)
        yield scene.text, reader.read(scene.image, scene.quad).text
