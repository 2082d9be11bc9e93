"""A campaign of kills: one job, begun again and again from the same state, killed each time one step later.

It runs in a process of its own that has all modules and the district in memory and does nothing but fork, so that a
kill costs a fork and what the job itself takes.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import signal
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from firstbell.assessment.instrument import load_instrument
from firstbell.delivery.smtp import SmtpTransport
from firstbell.store.session import default_url, open_store
from tasks.place import read_folder, workplace_at
from tests.faults.cedar import write_district
from tests.faults.content import (
    Content,
    broken_rules,
    content_of,
    files_of,
    unknown_messages,
    unsettled_messages,
)
from tests.faults.jobs import JOBS, prepare
from tests.faults.kill import Steps
from tests.faults.world import World

LANES = 2
LATER = {"night": timedelta()}
"""When the re-run comes, where not an hour later: a night's results are what was known at its own moment."""


@dataclass(frozen=True)
class Outcome:
    """How many kills were made, at which kinds of step, and all that was not as it must be after them."""

    kills: int
    kinds: frozenset[str]
    unknown: int
    findings: tuple[str, ...]


def campaign(job: str, kills: int, folder: Path, world: World) -> Outcome:
    """Kill a job at `kills` points spread evenly over its steps, and once at each kind of step."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as one:
        return one.submit(_campaign, job, kills, folder, world).result()


@dataclass(frozen=True)
class Ground:
    """Where a job is killed: its district, the world, and the state that it begins from."""

    job: str
    folder: Path
    district: Path
    world: World

    tag: str = ""
    database: str = ""

    @classmethod
    def prepared(cls, job: str, folder: Path, world: World, tag: str = "", database: str = "") -> Ground:
        """A new district whose state stands where the job begins; `tag` tells its mails from other grounds'.

        The store is the SQLite file of the state folder, so that it can be copied, unless there is a `database`.
        """
        district = write_district(folder / "district", web=world.web, mail_port=world.mail_port)
        ground = cls(job, folder, district, world, tag, database)
        with workplace_at(district, folder / "pattern", database) as work:
            prepare(job, work, ground.transport("prepared"))
        return ground

    def copy(self, state: Path) -> Path:
        """A fresh copy of the state that the job begins from."""
        shutil.rmtree(state, ignore_errors=True)
        shutil.copytree(self.folder / "pattern", state)
        return state

    def sender(self, name: str) -> str:
        """The address by which the log of mails tells the mails of one run and its re-run from all others."""
        return f"{self.job}{self.tag}-{name}@cedar.example"

    def transport(self, name: str) -> SmtpTransport:
        return SmtpTransport(host="localhost", port=self.world.mail_port, security="none", sender=self.sender(name))

    def run(self, state: Path, later: timedelta = timedelta()) -> None:
        """The job on a state, whose name the mails' sender bears."""
        with workplace_at(self.district, state, self.database) as work:
            JOBS[self.job](work, self.transport(state.name), later)


@dataclass(frozen=True)
class _Whole:
    """What an undisturbed run makes of the state."""

    steps: list[str]
    content: Content
    files: dict[str, str]
    mails: set[tuple[str, str]]


def _campaign(job: str, kills: int, folder: Path, world: World) -> Outcome:
    _succeed(lambda: Ground.prepared(job, folder, world))
    ground = Ground(job, folder, folder / "district", world)
    read_folder(ground.district)
    load_instrument()
    whole = _undisturbed(ground)
    points = _spread(whole.steps, kills)
    lanes = [_fork(partial(_lane, ground, whole, lane, points[lane::LANES])) for lane in range(LANES)]
    assert [_ended(pid) for pid in lanes] == [0] * LANES
    told = [json.loads((folder / f"lane-{lane}.json").read_text()) for lane in range(LANES)]
    return Outcome(
        kills=len(points),
        kinds=frozenset(whole.steps[point - 1] for point in points),
        unknown=sum(unknown for unknown, _ in told),
        findings=tuple(finding for _, findings in told for finding in findings),
    )


def _undisturbed(ground: Ground) -> _Whole:
    state = ground.copy(ground.folder / "whole")
    _succeed(partial(_watched, ground, state))
    steps = json.loads((ground.folder / "steps.json").read_text())
    return _Whole(steps, content_of(state), files_of(state), set(ground.world.mails_from(ground.sender("whole"))))


def _watched(ground: Ground, state: Path) -> None:
    steps = Steps(str(state))
    steps.watch()
    ground.run(state)
    (ground.folder / "steps.json").write_text(json.dumps(steps.seen))


def _killed(ground: Ground, state: Path, point: int) -> None:
    Steps(str(state), last=point).watch()
    ground.run(state)


def _lane(ground: Ground, whole: _Whole, lane: int, points: Sequence[int]) -> None:
    """Kill at some points, one after the other, and leave a file of what was found."""
    unknown, findings = 0, []
    for point in points:
        state = ground.copy(ground.folder / f"{lane}-{point}")
        died = _ended(_fork(partial(_killed, ground, state, point)))
        found = [] if died == -signal.SIGKILL else [f"it ended with {died} before it was killed"]
        found += _half_written(state, whole)
        if _ended(_fork(partial(ground.run, state, LATER.get(ground.job, timedelta(hours=1))))):
            found.append("the re-run failed")
        lost, after = _differences(ground, whole, state)
        unknown += lost
        findings += [f"{ground.job}, step {point} ({whole.steps[point - 1]}): {one}" for one in (*found, *after)]
        shutil.rmtree(state)
    (ground.folder / f"lane-{lane}.json").write_text(json.dumps([unknown, findings]))


def _half_written(state: Path, whole: _Whole) -> list[str]:
    """What stands under a file's own name and is not what an undisturbed run writes there."""
    return [f"{name} is half-written" for name, content in files_of(state).items() if whole.files.get(name) != content]


def _differences(ground: Ground, whole: _Whole, state: Path) -> tuple[int, list[str]]:
    """How many messages are told as unknown after the re-run, and what else is not as in an undisturbed run."""
    content, files = content_of(state), files_of(state)
    found = [f"{key} differ" for key in whole.content if content[key] != whole.content[key]]
    found += [
        f"the file {key} differs" for key in whole.files.keys() | files.keys() if whole.files.get(key) != files.get(key)
    ]
    store = open_store(default_url(state))
    unknown = unknown_messages(store)
    found += broken_rules(store) + [f"{key} stays unsettled" for key in unsettled_messages(store)]
    store.close()
    mails = ground.world.mails_from(ground.sender(state.name))
    found += [f"{key} was mailed {times} times" for key, times in mails.items() if times > 1]
    found += [f"{key} was mailed to nobody" for key in whole.mails - mails.keys() if key[1] not in unknown]
    found += [f"{key} was mailed and is no mail of an undisturbed run" for key in mails.keys() - whole.mails]
    return len(unknown), found


def _spread(steps: Sequence[str], kills: int) -> list[int]:
    """So many step numbers, counted from 1, evenly spaced, and the first of each kind; all of them if they are few."""
    if len(steps) <= kills:
        return list(range(1, len(steps) + 1))
    even = {1 + number * (len(steps) - 1) // (kills - 1) for number in range(kills)}
    return sorted(even | {steps.index(kind) + 1 for kind in set(steps)})


def _succeed(work: Callable[[], object]) -> None:
    """Do something in a child, so that this process stays without threads and open connections."""
    assert _ended(_fork(work)) == 0


def _fork(work: Callable[[], object]) -> int:
    """Begin a child that does one thing and ends: 0, or 1 with the trace of what was raised."""
    pid = os.fork()
    if pid:
        return pid
    try:
        work()
    except BaseException:  # noqa: BLE001 - whatever it is, a child must not go on as its parent
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _ended(pid: int) -> int:
    """Wait for a child; its exit code, or the number of the signal that killed it below zero."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
