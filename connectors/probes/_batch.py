"""Many transfers in one thread: libcurl's multi interface under a deadline and a limit per host.

Costs per look decide the design: easy handles are used again, options that did not change are not set again, bodies
that nobody asked for end in a C function, and nothing here makes a task, a future or a thread per look.
https://curl.se/libcurl/c/libcurl-multi.html
"""

from __future__ import annotations

import os
from collections import defaultdict, deque
from collections.abc import Sequence
from random import Random
from threading import Thread
from time import monotonic
from typing import Protocol

import certifi
import pycurl

from connectors.probes._base import Report, Round, Target, not_in_time, unknown
from connectors.probes._transfer import Transfer
from firstbell.records import ServiceObservation

LONGEST_WAIT_SECONDS = 0.1
"""`select` does not see sockets numbered 1,024 and above; with a short wait they are still served, only later."""


class Looks(Protocol):
    """What a batch asks the probe whose transfers it makes."""

    def host(self, target: Target) -> str: ...

    def prepare(self, transfer: Transfer, target: Target, run: Round) -> None: ...

    def goes_on(self, transfer: Transfer, code: int, run: Round) -> bool: ...

    def conclude(self, transfer: Transfer, code: int, run: Round) -> ServiceObservation: ...


def trusted_bundle(run: Round) -> str:
    """The file of trusted issuers. pycurl's wheel brings an OpenSSL of its own, which knows none by itself."""
    return run.ca_bundle or os.environ.get("SSL_CERT_FILE") or certifi.where()


class Batch:
    """The looks of one kind in one round, from the first start to the last report."""

    def __init__(self, probe: Looks, targets: Sequence[Target], run: Round, report: Report) -> None:
        self.probe = probe
        self.targets = targets
        self.run = run
        self.report = report
        self.multi = pycurl.CurlMulti()
        self.bundle = trusted_bundle(run)
        self.began = monotonic()
        random = Random(run.seed)  # noqa: S311 - spreads load, guards nothing
        starts = [(random.random() * run.jitter_seconds, random.random(), index) for index in range(len(targets))]
        self.coming = sorted(starts, reverse=True)
        self.hosts: dict[int, str] = {}
        self.ready: deque[int] = deque()
        self.parked: defaultdict[str, deque[int]] = defaultdict(deque)
        self.at_host: defaultdict[str, int] = defaultdict(int)
        self.idle: list[Transfer] = []
        self.busy: dict[pycurl.Curl, Transfer] = {}
        self.unseen = set(range(len(targets)))

    def go(self) -> None:
        """Report every target: what was seen of it, or that the deadline came first."""
        end = self.began + self.run.seconds_left()
        try:
            while self.unseen and monotonic() < end:
                self._start()
                self.multi.perform()
                if not self._collect() and self.unseen:
                    self._wait(end)
            self._give_up()
        finally:
            self._close()

    def _give_up(self) -> None:
        """Report what the deadline cut off: what a first handshake told stands, all else is not known."""
        for transfer in self.busy.values():
            if transfer.noted is not None:
                self.unseen.discard(transfer.index)
                self.report(transfer.index, transfer.noted)
        for index in self.unseen:
            self.report(index, not_in_time(self.targets[index], self.run))

    def _wait(self, end: float) -> None:
        now = monotonic()
        until = min(end, now + LONGEST_WAIT_SECONDS)
        if self.coming and len(self.busy) < self.run.parallel_limit:
            until = min(until, self.began + self.coming[-1][0])
        self.multi.select(max(0.001, until - now))

    def _start(self) -> None:
        while len(self.busy) < self.run.parallel_limit:
            index = self._next()
            if index is None:
                return
            transfer = self.idle.pop() if self.idle else Transfer(self.bundle)
            transfer.index, transfer.target, transfer.host = index, self.targets[index], self.hosts[index]
            try:
                self.probe.prepare(transfer, transfer.target, self.run)
            except (pycurl.error, ValueError):
                sentence = "these settings cannot be sent; look at the address, the headers and the login"
                self._unasked(transfer, unknown(transfer.target, self.run, "setup", sentence))
                continue
            except Exception as error:  # noqa: BLE001 - whatever it is, it must not end the looks at all others
                self._unasked(transfer, error)
                continue
            self.busy[transfer.curl] = transfer
            self.multi.add_handle(transfer.curl)

    def _unasked(self, transfer: Transfer, why: ServiceObservation | Exception) -> None:
        """Report a target that nothing can be asked of; the others are looked at all the same."""
        self._tell(transfer.index, why)
        transfer.profile = None
        self._give_back(transfer)

    def _tell(self, index: int, seen: ServiceObservation | Exception) -> None:
        self.unseen.discard(index)
        self.report(index, seen)

    def _next(self) -> int | None:
        """The next target that may start now, its place at its host already counted."""
        if self.ready:
            return self.ready.popleft()
        elapsed = monotonic() - self.began
        while self.coming and self.coming[-1][0] <= elapsed:
            index = self.coming.pop()[2]
            try:
                host = self.hosts[index] = self.probe.host(self.targets[index])
            except Exception as error:  # noqa: BLE001 - as in _start
                self._tell(index, error)
                continue
            if self.at_host[host] < self.run.per_host_limit:
                self.at_host[host] += 1
                return index
            self.parked[host].append(index)
        return None

    def _collect(self) -> int:
        """Report the transfers that have ended, and say how many there were."""
        ended = 0
        while True:
            queued, good, bad = self.multi.info_read()
            for curl in good:
                self._end(curl, 0)
            for curl, code, _ in bad:
                self._end(curl, code)
            ended += len(good) + len(bad)
            if not queued:
                return ended

    def _end(self, curl: pycurl.Curl, code: int) -> None:
        transfer = self.busy[curl]
        seen: ServiceObservation | Exception
        try:
            if transfer.second is None and self.probe.goes_on(transfer, code, self.run):
                self.multi.remove_handle(curl)
                self.multi.add_handle(curl)
                return
            seen = self.probe.conclude(transfer, code, self.run)
        except Exception as error:  # noqa: BLE001 - as in _start
            seen = error
        del self.busy[curl]
        self._tell(transfer.index, seen)
        self.multi.remove_handle(curl)
        self._give_back(transfer)

    def _give_back(self, transfer: Transfer) -> None:
        transfer.forget()
        self.idle.append(transfer)
        parked = self.parked.get(transfer.host)
        if parked:
            self.ready.append(parked.popleft())
        else:
            self.at_host[transfer.host] -= 1

    def _close(self) -> None:
        for curl, transfer in self.busy.items():
            self.multi.remove_handle(curl)
            self.idle.append(transfer)
        for transfer in self.idle:
            transfer.curl.close()
        # It waits for name lookups that hang in the C library, for many seconds; the round does not.
        Thread(target=self.multi.close, name="firstbell-probes-close", daemon=True).start()
