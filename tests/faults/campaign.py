"""A campaign of kills: one job, begun again and again from the same state, killed each time one step later.

It runs in a process of its own that has all modules and the district in memory and does nothing but fork, so that a
kill costs a fork and what the job itself takes.
"""

from __future__ import annotations

import gc
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
from typing import Self

from firstbell.assessment.instrument import load_instrument
from firstbell.delivery.smtp import SmtpTransport
from firstbell.store.session import Store, default_url, open_store
from tasks.place import read_folder, workplace_at
from tests.drawn import keep_drawings
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

LATER = {"night": timedelta()}
"""When the re-run comes, where not an hour later: a night's results are what was known at its own moment."""


@dataclass(frozen=True)
class Outcome:
    """How many kills were made, at which kinds of step, and all that was not as it must be after them."""

    kills: int
    kinds: frozenset[str]
    unknown: int
    findings: tuple[str, ...]


def campaign(ground: Ground, kills: int) -> Outcome:
    """Kill a ground's job at `kills` points spread evenly over its steps, and once at each kind of step."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as one:
        return one.submit(_campaign, ground, kills).result()


@dataclass(frozen=True)
class Ground:
    """Where a job is killed: its district, the world, and the state that it begins from."""

    job: str
    folder: Path
    world: World
    tag: str = ""
    """Tells its mails from those of other grounds with the same job."""
    database: str = ""
    """The store's address where it is not the SQLite file of the state folder, which can be copied."""

    @classmethod
    def prepared(cls, job: str, folder: Path, world: World, tag: str = "", database: str = "") -> Self:
        """A ground that is prepared already."""
        ground = cls(job, folder, world, tag, database)
        ground.prepare()
        return ground

    @property
    def district(self) -> Path:
        return self.folder / "district"

    @property
    def lanes(self) -> int:
        """How many processes kill at once."""
        return 2

    def prepare(self) -> None:
        """Write a new district and bring its state to where the job begins."""
        write_district(self.district, web=self.world.web, mail_port=self.world.mail_port)
        with workplace_at(self.district, self.folder / "pattern", self.database) as work:
            prepare(self.job, work, self.transport("prepared"))

    def warm(self) -> None:
        """Load what every run would load, in this process, which every run is forked from.

        A night leaves threads of libraries behind, which no fork may inherit; every other job is done once.
        """
        read_folder(self.district)
        load_instrument()
        if self.job != "night" and not self.database:
            self.run(self.copy(self.folder / "warm"))
            gc.freeze()

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

    def content(self, state: Path) -> Content:
        """What must be the same after a kill and a re-run as after an undisturbed run."""
        return content_of(state)

    def opened(self, state: Path) -> Store:
        return open_store(self.database or default_url(state))

    def rules(self, store: Store) -> list[str]:
        """What is wrong with a store, whatever was done to it."""
        return broken_rules(store)

    def unsettled(self, store: Store) -> set[str]:
        """The Message-IDs of what an undisturbed run settles and this one did not."""
        return unsettled_messages(store)


@dataclass(frozen=True)
class _Whole:
    """What an undisturbed run makes of the state."""

    steps: list[str]
    content: Content
    files: dict[str, str]
    mails: set[tuple[str, str]]


def _campaign(ground: Ground, kills: int) -> Outcome:
    keep_drawings(ground.folder / "drawn")
    _succeed(ground.prepare)
    whole = _undisturbed(ground)
    ground.warm()
    points = _spread(whole.steps, kills)
    lanes = [_fork(partial(_lane, ground, whole, lane, points[lane :: ground.lanes])) for lane in range(ground.lanes)]
    assert [_ended(pid) for pid in lanes] == [0] * ground.lanes
    told = [json.loads((ground.folder / f"lane-{lane}.json").read_text()) for lane in range(ground.lanes)]
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
    return _Whole(steps, ground.content(state), files_of(state), set(ground.world.mails_from(ground.sender("whole"))))


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
    content, files = ground.content(state), files_of(state)
    found = [f"{key} differ" for key in whole.content if content[key] != whole.content[key]]
    differ = {key for key in whole.files.keys() | files.keys() if whole.files.get(key) != files.get(key)}
    store = ground.opened(state)
    unknown = unknown_messages(store)
    found += ground.rules(store) + [f"{key} stays unsettled" for key in ground.unsettled(store)]
    store.close()
    unwritten = {key for key in differ - files.keys() if key.endswith(".eml")}
    found += [f"the file {key} differs" for key in differ - (unwritten if len(unwritten) <= len(unknown) else set())]
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
