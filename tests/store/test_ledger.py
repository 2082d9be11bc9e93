"""Exactly one automatic run for a slot, and a claim that dies with its process."""

from __future__ import annotations

import multiprocessing
import os
import signal
from datetime import UTC, datetime
from multiprocessing.connection import Connection

import pytest

from firstbell.store.ledger import AlreadyDoneError, HeldError, claim, completed_at, last_completed
from firstbell.store.session import Store, open_store

NOW = datetime(2026, 9, 1, 6, tzinfo=UTC)
FORK = multiprocessing.get_context("fork")


def take(store: Store, force: bool = False, slot: str = "2026-09-01") -> None:
    with claim(store, "nightly_audit", slot, force=force, clock=lambda: NOW):
        pass


def test_a_slot_is_done_once_and_again_only_for_a_person(store: Store) -> None:
    take(store)
    with pytest.raises(AlreadyDoneError, match="2026-09-01 was done at 2026-09-01 06:00 UTC"):
        take(store)
    take(store, force=True)
    take(store, slot="2026-09-02")
    with store.read() as connection:
        assert completed_at(connection, "nightly_audit", "2026-09-01") == NOW
        newest = last_completed(connection, "nightly_audit")
        assert newest is not None
        assert newest.completed_at == NOW


def test_two_at_once_are_refused_even_for_a_person(store: Store) -> None:
    with claim(store, "briefing", "1", team="et"):
        for force in (False, True):
            with (
                pytest.raises(HeldError, match="working on briefing for 1, et"),
                claim(store, "briefing", "1", team="et", force=force),
            ):
                pass
        with claim(store, "briefing", "1", team="other"), claim(store, "briefing", "1", vantage="oak", team="et"):
            pass


def test_a_failed_or_abandoned_run_leaves_its_slot_open(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), claim(store, "nightly_audit", "2026-09-01"):
        raise ZeroDivisionError
    with claim(store, "nightly_audit", "2026-09-01") as mine:
        mine.abandon()
    take(store)


def hold(url: str, told: Connection) -> None:
    """In a child: claim, say so, and wait to be killed."""
    with claim(open_store(url), "nightly_audit", "2026-09-01", clock=lambda: NOW):
        told.send("held")
        signal.pause()


def test_a_claim_dies_with_its_process(url: str) -> None:
    ours, theirs = FORK.Pipe()
    child = FORK.Process(target=hold, args=(url, theirs))
    child.start()
    assert ours.recv() == "held"
    store = open_store(url)
    with pytest.raises(HeldError):
        take(store)
    assert child.pid is not None
    os.kill(child.pid, signal.SIGKILL)
    child.join()
    # PostgreSQL notices the cut connection a moment later than the kernel does.
    for _ in range(1000):
        try:
            take(store)
            break
        except HeldError:
            continue
    with pytest.raises(AlreadyDoneError):
        take(store)
    store.close()
    ours.close()
    theirs.close()


def race(url: str, told: Connection, go: Connection) -> None:
    """In a child: wait for the start, try once, tell how it went; hold until told to stop."""
    store = open_store(url)
    told.send("ready")
    go.recv()
    try:
        with claim(store, "nightly_audit", "2026-09-01", clock=lambda: NOW):
            told.send("ran")
            go.recv()
    except HeldError:
        told.send("held")


def test_of_two_processes_at_once_exactly_one_runs(url: str) -> None:
    children = []
    for _ in range(4):
        (ours, theirs), (start, go) = FORK.Pipe(), FORK.Pipe()
        child = FORK.Process(target=race, args=(url, theirs, go))
        child.start()
        theirs.close()
        go.close()
        children.append((child, ours, start))
    assert [ours.recv() for _, ours, _ in children] == ["ready"] * 4
    for _, _, start in children:
        start.send("go")
    outcomes = [ours.recv() for _, ours, _ in children]
    children[outcomes.index("ran")][2].send("stop")
    for child, ours, start in children:
        child.join()
        ours.close()
        start.close()
    assert sorted(outcomes) == ["held"] * 3 + ["ran"]
