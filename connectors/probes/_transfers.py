"""Many transfers in one thread: libcurl's multi interface under a deadline and a limit per host.

Costs per look decide the design: easy handles are used again, options that did not change are not set again, bodies
that nobody asked for end in a C function, and nothing here makes a task, a future or a thread per look.
https://curl.se/libcurl/c/libcurl-multi.html
"""

from __future__ import annotations

import os
from abc import abstractmethod
from collections import defaultdict, deque
from collections.abc import Sequence
from random import Random
from threading import Thread
from time import monotonic
from typing import Any, NamedTuple

import certifi
import pycurl

from connectors.probes import _certificate
from connectors.probes._base import BatchProbe, Report, Round, Target, not_in_time, observed
from connectors.probes._certificate import Certificate
from firstbell.kpi import Verdict
from firstbell.records import ControlResult, ServiceObservation, ServiceState

DISCARD = deque[Any](maxlen=0).append
"""Takes what libcurl hands over and keeps nothing; in C, so that an unread body costs no Python code."""
LONGEST_WAIT_SECONDS = 0.1
"""`select` does not see sockets numbered 1,024 and above; with a short wait they are still served, only later."""


class Timings(NamedTuple):
    """Seconds from the start of the transfer; None where that phase was not reached."""

    name: float | None
    connect: float | None
    tls: float | None
    first_byte: float | None
    total: float | None


class Transfer:
    """One easy handle, and what it has collected for the target it serves now."""

    __slots__ = ("body", "curl", "headers", "host", "index", "profile", "refused", "target", "timings")

    def __init__(self, ca_bundle: str) -> None:
        self.curl = pycurl.Curl()
        self.body = bytearray()
        self.headers: list[bytes] = []
        self.target: Target
        self.host = ""
        self.index = 0
        self.profile: object = None
        self.refused: int | None = None
        """OpenSSL's code of the refusal, once the verified look was refused."""
        self.timings: Timings | None = None
        for option, value in (
            (pycurl.NOSIGNAL, 1),
            (pycurl.FRESH_CONNECT, 1),
            (pycurl.FORBID_REUSE, 1),
            (pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS),
            (pycurl.REDIR_PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS),
            # An empty proxy overrules the environment: what stands between us and the target is to be the target's own.
            (pycurl.PROXY, ""),
            (pycurl.CAINFO, ca_bundle),
            (pycurl.OPT_CERTINFO, 1),
            (pycurl.MAXREDIRS, 5),
            (pycurl.USERAGENT, "Firstbell (service check)"),
        ):
            self.curl.setopt(option, value)

    def set_verify(self, verify: bool) -> None:
        self.curl.setopt(pycurl.SSL_VERIFYPEER, int(verify))
        self.curl.setopt(pycurl.SSL_VERIFYHOST, 2 if verify else 0)

    def look_again_unverified(self) -> None:
        """Prepare to shake hands once more only to read the refused certificate; nothing is sent to that server."""
        self.refused = self.curl.getinfo(pycurl.SSL_VERIFYRESULT)
        self.timings = self.read_timings()
        self.curl.setopt(pycurl.URL, self.curl.getinfo(pycurl.EFFECTIVE_URL))
        self.curl.setopt(pycurl.CONNECT_ONLY, 1)
        self.set_verify(False)
        self.profile = None

    def read_timings(self) -> Timings:
        get = self.curl.getinfo
        return Timings(
            get(pycurl.NAMELOOKUP_TIME) or None,
            get(pycurl.CONNECT_TIME) or None,
            get(pycurl.APPCONNECT_TIME) or None,
            # libcurl gives the end of a failed transfer here; only with a status has a byte really come.
            get(pycurl.STARTTRANSFER_TIME) if get(pycurl.RESPONSE_CODE) else None,
            get(pycurl.TOTAL_TIME) or None,
        )


class TransferProbe(BatchProbe):
    """A kind of look that libcurl makes."""

    @abstractmethod
    def prepare(self, transfer: Transfer, target: Target, run: Round) -> None:
        """Set what differs from target to target. Compare `transfer.profile` to skip what is set already."""

    @abstractmethod
    def judge(self, transfer: Transfer, code: int, run: Round) -> ServiceObservation:
        """What the ended transfer says about the service. `code` is libcurl's, 0 for a transfer that came through."""

    def look_at_batch(self, targets: Sequence[Target], run: Round, report: Report) -> None:
        _Batch(self, targets, run, report).go()

    def seen(
        self,
        transfer: Transfer,
        run: Round,
        state: ServiceState,
        reason: str = "",
        detail: str = "",
        certificate: Certificate | None = None,
        controls: tuple[ControlResult, ...] = (),
    ) -> ServiceObservation:
        """The observation of a transfer, with its times."""
        target, timings = transfer.target, transfer.timings or transfer.read_timings()
        return observed(
            target,
            run,
            state,
            reason,
            detail,
            name_seconds=timings.name,
            connect_seconds=timings.connect,
            tls_seconds=timings.tls,
            first_byte_seconds=timings.first_byte,
            total_seconds=timings.total,
            certificate_expires_at=certificate.expires_at if certificate else None,
            controls=controls,
        )

    def certificate_refused(self, transfer: Transfer, run: Round) -> ServiceObservation:
        """The observation of a server whose certificate this machine does not accept."""
        assert transfer.refused is not None
        certificate = _certificate.shown_by(transfer.curl)
        why = _certificate.refusal(transfer.refused, certificate)
        control = _certificate.control(transfer.target, run, certificate, Verdict.FAIL, why)
        return self.seen(transfer, run, ServiceState.DOWN, "certificate", why, certificate, (control,))

    def certificate_checked(
        self, transfer: Transfer, run: Round, days_left: float
    ) -> tuple[Certificate | None, tuple[ControlResult, ...], str]:
        """The shown certificate, the finding about it, and a sentence when it ends within `days_left` days."""
        certificate = _certificate.shown_by(transfer.curl)
        if certificate is None:
            return None, (), ""
        now, why, state = run.clock(), "", Verdict.OK
        if certificate.expires_at <= now:
            state, why = Verdict.FAIL, f"the certificate expired on {certificate.expires_at.date()}"
        elif _certificate.ends_within(certificate, days_left, now):
            state, why = Verdict.WARN, f"the certificate ends on {certificate.expires_at.date()}"
        return certificate, (_certificate.control(transfer.target, run, certificate, state, why),), why


def trusted_bundle(run: Round) -> str:
    """The file of trusted issuers. pycurl's wheel brings an OpenSSL of its own, which knows none by itself."""
    return run.ca_bundle or os.environ.get("SSL_CERT_FILE") or certifi.where()


class _Batch:
    """The looks of one kind in one round, from the first start to the last report."""

    def __init__(self, probe: TransferProbe, targets: Sequence[Target], run: Round, report: Report) -> None:
        self.probe = probe
        self.targets = targets
        self.run = run
        self.report = report
        self.multi = pycurl.CurlMulti()
        self.bundle = trusted_bundle(run)
        self.began = monotonic()
        self.hosts = [probe.host(target) for target in targets]
        random = Random(run.seed)  # noqa: S311 - spreads load, guards nothing
        starts = [(random.random() * run.jitter_seconds, random.random(), index) for index in range(len(targets))]
        self.coming = sorted(starts, reverse=True)
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
            for index in self.unseen:
                self.report(index, not_in_time(self.targets[index], self.run))
        finally:
            self._close()

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
            self.probe.prepare(transfer, transfer.target, self.run)
            self.busy[transfer.curl] = transfer
            self.multi.add_handle(transfer.curl)

    def _next(self) -> int | None:
        """The next target that may start now, its place at its host already counted."""
        if self.ready:
            return self.ready.popleft()
        elapsed = monotonic() - self.began
        while self.coming and self.coming[-1][0] <= elapsed:
            index = self.coming.pop()[2]
            host = self.hosts[index]
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
        if code == pycurl.E_PEER_FAILED_VERIFICATION and transfer.refused is None:
            transfer.look_again_unverified()
            self.multi.remove_handle(curl)
            self.multi.add_handle(curl)
            return
        del self.busy[curl]
        self.unseen.discard(transfer.index)
        self.report(transfer.index, self.probe.judge(transfer, code, self.run))
        self.multi.remove_handle(curl)
        self._give_back(transfer)

    def _give_back(self, transfer: Transfer) -> None:
        if transfer.refused is not None:
            transfer.curl.setopt(pycurl.CONNECT_ONLY, 0)
            transfer.refused, transfer.timings = None, None
        transfer.body.clear()
        transfer.headers.clear()
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
