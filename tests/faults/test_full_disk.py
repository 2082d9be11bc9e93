"""A disk without room: one sentence, nothing half-written, and the next run completes."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from firstbell.delivery.file_drop import FileDrop
from firstbell.delivery.transport import Outcome
from firstbell.errors import FirstbellError
from firstbell.files import FileError, write_whole
from firstbell.store.errors import StoreError
from firstbell.store.session import default_url, open_store
from tasks.place import workplace_at
from tests.faults.campaign import Ground
from tests.faults.content import Content, broken_rules, content_of, files_of
from tests.faults.world import World

DISK_BYTES = 24_000_000
PAGE = 4096


@dataclass(frozen=True)
class Disk:
    """A small disk of our own; where none may be mounted, a limit on how long any file may grow stands for it."""

    folder: Path
    mounted: bool

    @contextmanager
    def full(self, left: int = 0) -> Iterator[None]:
        """No room but for `left` bytes, until the block ends."""
        with self._ballast(left) if self.mounted else self._limit(left):
            yield

    @contextmanager
    def _ballast(self, left: int) -> Iterator[None]:
        ballast = self.folder / "ballast"
        status = os.statvfs(self.folder)
        with ballast.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(PAGE, status.f_bavail * status.f_frsize - left))
        try:
            yield
        finally:
            ballast.unlink()

    @contextmanager
    def _limit(self, left: int) -> Iterator[None]:
        before, most = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (left, most))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (before, most))


def mount(folder: Path) -> bool:
    """Mount a small disk of memory; False where this user may not."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder)]
    return subprocess.run(command, capture_output=True).returncode == 0


def unmount(folder: Path) -> None:
    subprocess.run(["umount", str(folder)], check=True)


@cache
def may_mount() -> bool:
    with TemporaryDirectory() as name:
        mounted = mount(Path(name))
        if mounted:
            unmount(Path(name))
        return mounted


@pytest.fixture(params=["disk", "limit"] if may_mount() else ["limit"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = request.param == "disk" and mount(folder)
    yield Disk(folder, mounted)
    if mounted:
        unmount(folder)


def undisturbed(ground: Ground, folder: Path) -> tuple[Content, dict[str, str], set[tuple[str, str]]]:
    state = ground.copy(folder / "whole")
    ground.run(state)
    return content_of(state), files_of(state), set(ground.world.mails_from(ground.sender("whole")))


@pytest.mark.parametrize("job", ["night", "final"])
def test_a_job_on_a_full_disk_says_so_and_the_next_run_completes(
    job: str, disk: Disk, world: World, tmp_path: Path
) -> None:
    ground = Ground.prepared(job, tmp_path / job, world, tag=str(tmp_path.name)[-3:])
    content, files, mails = undisturbed(ground, tmp_path)
    said = []
    for left in (0, 60_000, 400_000, 1_200_000):
        state = ground.copy(disk.folder / f"left-{left}")
        with disk.full(left):
            try:
                ground.run(state)
            except FirstbellError as error:
                said.append(str(error))
        assert files_of(state).items() <= files.items(), "a file is half-written"
        ground.run(state)
        store = open_store(default_url(state))
        assert broken_rules(store) == []
        store.close()
        assert content_of(state) == content
        assert files_of(state) == files
        sent = ground.world.mails_from(ground.sender(state.name))
        assert set(sent) == mails
        assert set(sent.values()) <= {1}
        shutil.rmtree(state)
    assert said
    assert all(sentence.count(". ") == 0 and ("room" in sentence or "disk" in sentence) for sentence in said)


def test_a_file_is_written_whole_or_not_at_all(disk: Disk) -> None:
    target = write_whole(disk.folder / "calendars" / "team.ics", b"old")
    with disk.full(PAGE), pytest.raises(FileError, match=r"team\.ics cannot be written \(.*\); check the room"):
        write_whole(target, bytes(100 * PAGE))
    assert [(path.name, path.read_bytes()) for path in target.parent.iterdir()] == [("team.ics", b"old")]


def test_a_mail_folder_without_room_leaves_the_message_for_the_next_run(disk: Disk) -> None:
    drop = FileDrop(disk.folder / "mail")
    message = b"Subject: packet\r\n\r\n" + bytes(100 * PAGE)
    with drop.open() as way_out:
        with disk.full(PAGE):
            assert way_out.send("ruth@cedar.example", message).outcome is Outcome.DEFERRED
        assert list(drop.folder.iterdir()) == []
        assert way_out.send("ruth@cedar.example", message).outcome is Outcome.SENT
    assert len(list(drop.folder.iterdir())) == 1


def test_a_new_store_on_a_full_disk_is_no_store_and_then_one(disk: Disk, world: World, tmp_path: Path) -> None:
    ground = Ground.prepared("minutes", tmp_path / "minutes", world, tag="new")
    state = disk.folder / "state"
    with disk.full(PAGE), pytest.raises(StoreError, match="room"), workplace_at(ground.district, state):
        pass
    with workplace_at(ground.district, state) as work, work.store.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM outbox").scalar() == 0
