"""The recogniser on photographs with known plates, scored by the benchmark's own ruler.

The folder of a benchmark holds `eval/score.py`, `data/openalpr-dev/{us,eu,br}.tsv` with the pictures beside them, and
`crops.csv` with `crops/`. None of it ships with the project: its licence forbids that.
"""

from __future__ import annotations

import csv
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from infra.bench.errors import BenchError
from infra.recognize.plates import PictureReads, View, plates_in
from recognizers.fold import normalise
from recognizers.grammar import issued_formats
from recognizers.images import decode_gray
from recognizers.plate import Candidate, GrayImage, Issuer, PlateReader, Quad
from recognizers.recognizer import Recognizer

SETS = ("us", "eu", "br")
_O_AS_0 = str.maketrans("O", "0")


@dataclass(frozen=True, slots=True)
class Benchmark:
    """Where the pictures and the ruler are."""

    folder: Path

    @property
    def scorer(self) -> Path:
        """The program that compares predictions with truth."""
        return self.folder / "eval" / "score.py"

    @property
    def pictures(self) -> Path:
        """The photographs and their truth."""
        return self.folder / "data" / "openalpr-dev"

    @property
    def is_there(self) -> bool:
        """Whether this machine has the benchmark."""
        return self.scorer.is_file() and self.pictures.is_dir()


class Score(msgspec.Struct, frozen=True):
    """What the ruler says of one set."""

    plates: int
    images: int
    exact_pct: float
    exact_O0_folded_pct: float  # noqa: N815 - the ruler's own name
    in_candidates_pct: float
    spurious_per_image: float
    calibration_error: float = 0.0


def score_set(recognizer: Recognizer, view: View, benchmark: Benchmark, name: str) -> Score:
    """Whole frames in, top read out, compared by the ruler.

    Raises:
        BenchError: the ruler fails, or a picture cannot be read.
    """
    truth = benchmark.pictures / f"{name}.tsv"
    with tempfile.TemporaryDirectory() as folder:
        predictions = Path(folder) / "predictions.jsonl"
        with predictions.open("wb") as out:
            for picture in _pictures(truth):
                out.write(_prediction(recognizer, view, benchmark.pictures / name / picture) + b"\n")
        command = [sys.executable, str(benchmark.scorer), str(truth), str(predictions)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        msg = f"{benchmark.scorer} fails on {truth}: {done.stderr.strip()[-300:]}"
        raise BenchError(msg)
    return msgspec.json.decode(done.stdout.encode(), type=Score)


def _pictures(truth: Path) -> Iterator[str]:
    seen: dict[str, None] = {}
    for line in truth.read_text(encoding="utf-8").splitlines():
        if line.strip():
            seen[line.split("\t")[0]] = None
    yield from seen


def _prediction(recognizer: Recognizer, view: View, picture: Path) -> bytes:
    plates = plates_in(decode_gray(picture.read_bytes()), recognizer, view)
    return msgspec.json.encode(PictureReads(picture.name, 0.0, plates))


@dataclass(frozen=True, slots=True)
class CropOutcome:
    """One plate that was cut out by hand, and what was read."""

    plate: str
    state: str
    texts: tuple[Candidate, ...]
    issuers: tuple[Issuer, ...]

    @property
    def is_exact(self) -> bool:
        """Whether the best text is right, O counted as 0."""
        return bool(self.texts) and self.texts[0].text.translate(_O_AS_0) == self.plate.translate(_O_AS_0)

    @property
    def is_among(self) -> bool:
        """Whether the right text is among the candidates."""
        return self.plate in {text.text for text in self.texts}

    def state_given(self, least: float) -> str | None:
        """The state that is told when it must be at least so sure."""
        if not self.issuers or self.issuers[0].probability < least:
            return None
        return self.issuers[0].code


def read_crops(reader: PlateReader, benchmark: Benchmark) -> list[CropOutcome]:
    """Plates cut out by hand: the box is given, characters and state are asked for."""
    outcomes = []
    with (benchmark.pictures / "crops.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            image = decode_gray((benchmark.pictures / "crops" / row["file"]).read_bytes())
            read = reader.read(image, whole(image))
            texts = issued_formats().rerank(read.candidates, read.issuers)
            issuers = issued_formats().weigh_issuers(read.issuers, texts[0].text) if texts else read.issuers
            outcomes.append(CropOutcome(normalise(row["plate"]), f"US-{row['state'].upper()}", texts, issuers))
    return outcomes


def whole(image: GrayImage) -> Quad:
    """The corners of the image itself."""
    height, width = image.shape
    return np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)


def confidences_of(outcomes: Sequence[CropOutcome]) -> tuple[list[float], list[bool]]:
    """Confidence of each best text, and whether it is right."""
    return [one.texts[0].confidence if one.texts else 0.0 for one in outcomes], [one.is_exact for one in outcomes]
