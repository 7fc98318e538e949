from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.message import OutgoingMessage
from connectors.source import SpoolError, SpoolFullError
from connectors.spool import Spool

MIB = 2**20


def message(number: int, size: int = 100, key: bytes = b"cam") -> OutgoingMessage:
    value = number.to_bytes(4, "big") + bytes(size)
    return OutgoingMessage("pw.frames", key, value, (("sequence", str(number).encode()),), number)


def number(spooled: OutgoingMessage) -> int:
    return int.from_bytes(spooled.value[:4], "big")


def waiting(spool: Spool) -> list[int]:
    return [number(spooled.message) for spooled in spool.peek(10_000)]


@contextmanager
def opened(directory: Path, bytes_max: int = MIB, write: Callable[[int, bytes], int] = os.write) -> Iterator[Spool]:
    spool = Spool.open(directory, bytes_max=bytes_max, write=write)
    try:
        yield spool
    finally:
        spool.close()


def fill(spool: Spool, make: Callable[[int], OutgoingMessage], reason: str) -> int:
    """How many messages the spool took before it was full."""
    with pytest.raises(SpoolFullError, match=reason):
        any(spool.append(make(count)) < 0 for count in range(10_000))
    spool.sync()
    return spool.waiting


def test_messages_come_back_as_they_were_and_in_order(tmp_path: Path) -> None:
    with opened(tmp_path) as spool:
        for index in range(5):
            assert spool.append(message(index)) == index
        spool.sync()
        assert [spooled.message for spooled in spool.peek(3)] == [message(index) for index in range(3)]
        assert spool.waiting == 5


def test_acknowledged_messages_are_forgotten_and_their_files_go(tmp_path: Path) -> None:
    with opened(tmp_path) as spool:
        for index in range(5):
            spool.append(message(index))
        spool.acknowledge(spool.peek(2)[-1].sequence)
        assert waiting(spool) == [2, 3, 4]
        spool.acknowledge(spool.peek(9)[-1].sequence)
        assert (spool.waiting, spool.size, waiting(spool)) == (0, 0, [])
        spool.append(message(5))
        assert waiting(spool) == [5]


def test_messages_come_back_over_the_seams_of_files_whatever_the_steps(tmp_path: Path) -> None:
    for step in (1, 2, 3, 5, 7, 11):
        with opened(tmp_path / str(step), bytes_max=20_000) as spool:
            for index in range(60):
                spool.append(message(index, size=50))
            found: list[int] = []
            while batch := spool.peek(step):
                found += [number(spooled.message) for spooled in batch]
                spool.acknowledge(batch[-1].sequence)
            assert found == list(range(60))
            assert spool.lost == 0


def test_a_new_process_goes_on_where_the_last_one_was(tmp_path: Path) -> None:
    with opened(tmp_path) as spool:
        for index in range(5):
            spool.append(message(index))
        spool.sync()
        spool.acknowledge(spool.peek(2)[-1].sequence)
    with opened(tmp_path) as spool:
        spool.append(message(5))
        assert waiting(spool) == [2, 3, 4, 5]


def test_a_torn_tail_is_cut_off_and_counted(tmp_path: Path) -> None:
    with opened(tmp_path) as spool:
        for index in range(3):
            spool.append(message(index))
        spool.sync()
    (segment,) = tmp_path.glob("*.segment")
    os.truncate(segment, segment.stat().st_size - 10)
    with opened(tmp_path) as spool:
        assert spool.torn_bytes > 0
        spool.append(message(9))
        assert waiting(spool) == [0, 1, 9]


def test_blocks_that_were_never_written_are_no_messages(tmp_path: Path) -> None:
    with opened(tmp_path) as spool:
        spool.append(message(0))
        spool.sync()
    (segment,) = tmp_path.glob("*.segment")
    os.truncate(segment, segment.stat().st_size + 4096)
    with opened(tmp_path) as spool:
        assert spool.torn_bytes == 4096
        assert waiting(spool) == [0]


def test_a_damaged_block_costs_the_rest_of_its_file_and_is_counted(tmp_path: Path) -> None:
    with opened(tmp_path, bytes_max=8_000) as spool:
        for index in range(30):
            spool.append(message(index))
        spool.sync()
        first = sorted(tmp_path.glob("*.segment"))[0]
        in_first = int(sorted(tmp_path.glob("*.segment"))[1].stem)
        data = bytearray(first.read_bytes())
        data[200] ^= 1
        first.write_bytes(bytes(data))
        assert waiting(spool) == [0, *range(in_first, 30)]
        assert spool.lost == in_first - 1
        spool.acknowledge(spool.peek(1)[-1].sequence)
        assert waiting(spool) == [*range(in_first, 30)]
        assert spool.waiting == 30 - in_first


@pytest.mark.parametrize("content", [b"", b"garbage", b"00000000000000000003 00000000\n"])
def test_a_lost_cursor_costs_no_message(content: bytes, tmp_path: Path) -> None:
    with opened(tmp_path) as spool:
        for index in range(3):
            spool.append(message(index))
        spool.sync()
        spool.acknowledge(spool.peek(1)[-1].sequence)
    (tmp_path / "cursor").write_bytes(content)
    with opened(tmp_path) as spool:
        assert waiting(spool) == [0, 1, 2]


def test_the_bound_holds_and_the_oldest_file_makes_room(tmp_path: Path) -> None:
    with opened(tmp_path, bytes_max=10_000) as spool:
        count = fill(spool, lambda index: message(index, key=b"ab"[index % 2 : index % 2 + 1]), "spool_max_mib")
        assert spool.size <= 10_000
        lost = spool.drop_oldest()
        left = waiting(spool)
        assert left == list(range(count - len(left), count))
        assert lost == Counter("ab"[index % 2].encode() for index in range(count - len(left)))
        spool.append(message(count))
        assert waiting(spool) == [*left, count]


def test_dropping_ends_with_an_empty_spool(tmp_path: Path) -> None:
    with opened(tmp_path) as spool:
        spool.append(message(0))
        assert spool.drop_oldest() == Counter({b"cam": 1})
        assert spool.drop_oldest() == Counter()
        spool.append(message(1))
        assert waiting(spool) == [1]


def test_an_acknowledgement_of_what_was_dropped_meanwhile_changes_nothing(tmp_path: Path) -> None:
    with opened(tmp_path) as spool:
        spool.append(message(0))
        (first,) = spool.peek(1)
        spool.drop_oldest()
        spool.append(message(1))
        spool.acknowledge(first.sequence)
        assert waiting(spool) == [1]


class SmallDisk:
    """`os.write` on a disk with so many bytes left; what no longer fits is written in part, as a real disk does."""

    def __init__(self, left: int) -> None:
        self.left = left

    def write(self, file: int, data: bytes) -> int:
        if self.left <= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = os.write(file, data[: self.left])
        self.left -= written
        return written


def test_a_full_disk_is_said_and_leaves_no_half_message(tmp_path: Path) -> None:
    disk = SmallDisk(500)
    with opened(tmp_path, write=disk.write) as spool:
        count = fill(spool, message, "is full; make room there")
        assert waiting(spool) == list(range(count))
        disk.left = 10_000
        spool.append(message(count))
        assert waiting(spool) == list(range(count + 1))


_FILL = """
import resource, sys
from pathlib import Path
from connectors.message import OutgoingMessage
from connectors.source import SpoolFullError
from connectors.spool import Spool
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
spool = Spool.open(Path(sys.argv[1]), bytes_max=2**20)
try:
    for number in range(1000):
        spool.append(OutgoingMessage("t", b"cam", bytes(1000), (), number))
except SpoolFullError as error:
    spool.sync()
    print(number, error)
"""


def test_a_limit_of_the_system_is_a_full_disk(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", _FILL, str(tmp_path)], capture_output=True, text=True, check=True)
    count, _, reason = done.stdout.partition(" ")
    assert "is full" in reason
    with opened(tmp_path) as spool:
        assert spool.waiting == int(count) > 10


@pytest.mark.skipif(os.geteuid() != 0 or sys.platform != "linux", reason="only root mounts a disk")
def test_a_small_disk_that_fills_up_keeps_what_was_synced(tmp_path: Path) -> None:
    mount = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(tmp_path)], capture_output=True, check=False
    )
    if mount.returncode:
        pytest.skip("this container may not mount")
    try:
        with opened(tmp_path, bytes_max=MIB) as spool:
            count = fill(spool, lambda index: message(index, size=5_000), "is full")
            assert waiting(spool) == list(range(count))
            assert spool.drop_oldest()
            spool.append(message(count, size=5_000))
            assert waiting(spool)[-1] == count
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


def test_a_spool_in_use_is_refused_to_others(tmp_path: Path) -> None:
    with opened(tmp_path), pytest.raises(SpoolError, match="in use by another process"):
        Spool.open(tmp_path, bytes_max=MIB)
    with opened(tmp_path):
        pass


def test_a_folder_that_cannot_be_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SpoolError, match=r"cannot be used .*; check publisher\.spool_dir"):
        Spool.open(tmp_path / "file", bytes_max=MIB)


def test_frames_on_disk_are_for_their_user_alone(tmp_path: Path) -> None:
    with opened(tmp_path / "spool") as spool:
        spool.append(message(0))
        assert (tmp_path / "spool").stat().st_mode & 0o077 == 0
        assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "spool").iterdir())


class SpoolModel:
    """What a spool must hold: all that was synced and not acknowledged, and perhaps what came after it, in order."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.spool = Spool.open(directory, bytes_max=20_000)
        self.pending: list[int] = []
        self.synced = 0
        self.sizes: dict[str, int] = {}
        self.next = 0

    def append(self, size: int) -> None:
        try:
            self.spool.append(message(self.next, size))
        except SpoolFullError:
            dropped = sum(self.spool.drop_oldest().values())
            self.pending = self.pending[dropped:]
            self.synced = max(0, self.synced - dropped)
            return
        self.pending.append(self.next)
        self.next += 1

    def sync(self) -> None:
        self.spool.sync()
        self.synced = len(self.pending)
        self.sizes = {path.name: path.stat().st_size for path in self.directory.glob("*.segment")}

    def take(self, count: int) -> None:
        found = self.spool.peek(count)
        assert [number(spooled.message) for spooled in found] == self.pending[:count][: len(found)]
        assert len(found) == min(count, len(self.pending)), "everything that waits is given"
        if found:
            self.spool.acknowledge(found[-1].sequence)
            self.pending = self.pending[len(found) :]
            self.synced = max(0, self.synced - len(found))

    def crash(self, share: float) -> None:
        """The process dies, and of what was written since the last sync only a part reaches the last file."""
        self.spool.close()
        files = sorted(self.directory.glob("*.segment"))
        if files:
            # Sealed files were synced when the next one was begun; only the newest can be short.
            size, safe = files[-1].stat().st_size, self.sizes.get(files[-1].name, 0)
            os.truncate(files[-1], safe + round((size - safe) * share))
        self.spool = Spool.open(self.directory, bytes_max=20_000)
        survived = waiting(self.spool)
        assert survived == self.pending[: len(survived)], "in order, without gaps, nothing acknowledged"
        assert len(survived) >= self.synced, "nothing synced is lost"
        self.pending = survived
        self.sync()


OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.integers(0, 1500)),
        st.tuples(st.just("append many"), st.integers(0, 300)),
        st.tuples(st.just("sync"), st.none()),
        st.tuples(st.just("take"), st.integers(1, 6)),
        st.tuples(st.just("crash"), st.floats(0, 1)),
    ),
    max_size=40,
)


@given(OPERATIONS)
@settings(max_examples=60, deadline=None)
def test_whatever_happens_order_is_kept_and_nothing_synced_is_lost(operations: list[tuple[str, float]]) -> None:
    directory = Path(tempfile.mkdtemp(prefix="spool-"))
    model = SpoolModel(directory)
    try:
        for name, argument in operations:
            match name:
                case "append":
                    model.append(int(argument))
                case "append many":
                    for _ in range(9):
                        model.append(int(argument))
                case "sync":
                    model.sync()
                case "take":
                    model.take(int(argument))
                case _:
                    model.crash(argument)
        while model.pending:
            model.take(3)
        assert model.spool.waiting == 0
    finally:
        model.spool.close()
        shutil.rmtree(directory)
