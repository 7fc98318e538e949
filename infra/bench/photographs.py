"""The recogniser on photographs with known plates, scored by the benchmark's own ruler.

The folder of a benchmark holds `eval/score.py`, `data/openalpr-dev/{us,eu,br}.tsv` with the pictures beside them, and
`crops.csv` with `crops/`. None of it ships with the project: its licence forbids that.
"""

from __future__ import annotations

import csv
import io
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from infra.bench.errors import BenchError
from infra.recognize.plates import PictureReads, View, plates_in, settle
from recognizers.fold import normalise
from recognizers.images import decode_gray
from recognizers.issuers import told_code
from recognizers.jurisdictions import STATES
from recognizers.plate import Candidate, DetectedPlate, GrayImage, Issuer, Quad
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
        return self.scorer.is_file() and (self.pictures / "crops.csv").is_file()


class Score(msgspec.Struct, frozen=True):
    """What the ruler says of one set."""

    plates: int
    images: int
    exact_pct: float
    exact_O0_folded_pct: float  # noqa: N815 - the ruler's own name
    in_candidates_pct: float
    spurious_per_image: float
    calibration_error: float | None = None
    """None where nothing was read."""


def score_set(recognizer: Recognizer, view: View, benchmark: Benchmark, name: str) -> Score:
    """Whole frames in, top read out, compared by the ruler.

    Raises:
        BenchError: the truth or a picture cannot be read, or the ruler fails.
    """
    truth = benchmark.pictures / f"{name}.tsv"
    with tempfile.TemporaryDirectory() as folder:
        predictions = Path(folder) / "predictions.jsonl"
        with predictions.open("wb") as out:
            for picture in _pictures(truth):
                out.write(_prediction(recognizer, view, benchmark.pictures / name / picture) + b"\n")
        command = [sys.executable, str(benchmark.scorer), str(truth), str(predictions)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        return msgspec.json.decode(done.stdout.encode(), type=Score)
    except msgspec.MsgspecError as error:
        msg = f"{benchmark.scorer} gives no score of {truth}: {done.stderr.strip()[-300:] or error}"
        raise BenchError(msg) from error


def _pictures(truth: Path) -> list[str]:
    lines = _read(truth).decode("utf-8", "replace").splitlines()
    return list(dict.fromkeys(line.split("\t")[0] for line in lines if line.strip()))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        msg = f"{path} cannot be read ({error.strerror}); the benchmark's folder is not whole"
        raise BenchError(msg) from error


def _prediction(recognizer: Recognizer, view: View, picture: Path) -> bytes:
    plates = plates_in(decode_gray(_read(picture)), recognizer, view)
    return msgspec.json.encode(PictureReads(picture.name, 0.0, plates))


@dataclass(frozen=True, slots=True)
class CropOutcome:
    """One plate that was cut out by hand, and what was read."""

    plate: str
    state: str
    texts: tuple[Candidate, ...]
    issuers: tuple[Issuer, ...]

    @property
    def text(self) -> str:
        """The best text; empty where nothing was read."""
        return self.texts[0].text if self.texts else ""

    @property
    def is_exact(self) -> bool:
        """Whether the best text is right, O counted as 0."""
        return self.text.translate(_O_AS_0) == self.plate.translate(_O_AS_0)

    @property
    def is_among(self) -> bool:
        """Whether the right text is among the candidates."""
        return self.plate in {text.text for text in self.texts}

    def state_given(self, least: float) -> str | None:
        """The state that is told when it must be at least so sure; a nation alone is none."""
        told = told_code(self.issuers, least)
        return told if told in STATES else None


def read_crops(recognizer: Recognizer, view: View, benchmark: Benchmark) -> list[CropOutcome]:
    """Plates cut out by hand: the box is given, characters and state are asked for.

    Raises:
        BenchError: the list or a picture cannot be read.
    """
    outcomes = []
    listed = _read(benchmark.pictures / "crops.csv").decode("utf-8", "replace")
    for row in csv.DictReader(io.StringIO(listed)):
        image = decode_gray(_read(benchmark.pictures / "crops" / row["file"]))
        settled = settle(recognizer.look(image, DetectedPlate(whole(image), 1.0)).read, view)
        state = f"US-{row['state'].upper()}"
        outcomes.append(CropOutcome(normalise(row["plate"]), state, settled.texts, settled.issuers))
    return outcomes


def whole(image: GrayImage) -> Quad:
    """The corners of the image itself."""
    height, width = image.shape
    return np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)


def confidences_of(outcomes: Sequence[CropOutcome]) -> tuple[list[float], list[bool]]:
    """Confidence of each best text, and whether it is right to the letter; crops without a read are left out."""
    read = [one for one in outcomes if one.texts]
    return [one.texts[0].confidence for one in read], [one.text == one.plate for one in read]
