"""What the looks that libcurl makes have in common: their round, and what they say of certificates and protocols."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace

import pycurl

from connectors.probes import _certificate
from connectors.probes._base import BatchProbe, Report, Round, Target, observed
from connectors.probes._batch import Batch
from connectors.probes._certificate import Certificate
from connectors.probes._failures import failure
from connectors.probes._transfer import Second, Transfer
from firstbell.kpi import Verdict
from firstbell.records import ControlResult, ServiceObservation, ServiceState

SPEAKS_OLD_ONLY = "it speaks no TLS newer than 1.1, which browsers and this machine refuse"


class TransferProbe(BatchProbe):
    """A kind of look that libcurl makes."""

    @abstractmethod
    def prepare(self, transfer: Transfer, target: Target, run: Round) -> None:
        """Set what the handle must know of a target. `transfer.fits` says whether the profile is set already."""

    @abstractmethod
    def judge(self, transfer: Transfer, code: int, run: Round) -> ServiceObservation:
        """What the ended transfer says about the service. `code` is libcurl's, 0 for a transfer that came through."""

    def look_at_batch(self, targets: Sequence[Target], run: Round, report: Report) -> None:
        Batch(self, targets, run, report).go()

    def goes_on(self, transfer: Transfer, code: int, run: Round) -> bool:
        """Whether a second handshake tells more of what the first met; the handle is then prepared for it."""
        if code == pycurl.E_PEER_FAILED_VERIFICATION:
            transfer.shake_hands_again(Second.CERTIFICATE, self._refused(transfer, run))
        elif code == pycurl.E_SSL_CONNECT_ERROR:
            noted = self.seen(transfer, run, *failure(transfer, code))
            transfer.shake_hands_again(Second.OLD_PROTOCOLS, noted)
        return transfer.second is not None

    def conclude(self, transfer: Transfer, code: int, run: Round) -> ServiceObservation:
        """What the last transfer, and the one before it, say about the service."""
        if transfer.noted is None:
            return self.judge(transfer, code, run)
        if transfer.second is Second.CERTIFICATE:
            return self._refused_and_read(transfer, run, transfer.noted)
        if code == 0 and transfer.noted.state is ServiceState.DOWN:
            return replace(transfer.noted, detail=SPEAKS_OLD_ONLY)
        return transfer.noted

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
        timings = transfer.read_timings()
        return observed(
            transfer.target,
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

    def _refused(self, transfer: Transfer, run: Round) -> ServiceObservation:
        """The observation of a server whose certificate this machine does not accept, before it was read."""
        transfer.refused = transfer.curl.getinfo(pycurl.SSL_VERIFYRESULT)
        why = _certificate.refusal(transfer.refused, (), run.clock())
        control = _certificate.control(transfer.target, run, None, Verdict.FAIL, why)
        return self.seen(transfer, run, ServiceState.DOWN, "certificate", why, None, (control,))

    def _refused_and_read(self, transfer: Transfer, run: Round, noted: ServiceObservation) -> ServiceObservation:
        chain = _certificate.chain_shown_by(transfer.curl)
        if not chain:
            return noted
        filtered = _certificate.filtered(chain, run.filter_issuers)
        if filtered:
            control = _certificate.control(transfer.target, run, None, Verdict.UNKNOWN, filtered)
            return replace(noted, state=ServiceState.UNKNOWN, reason="filtered", detail=filtered, controls=(control,))
        why = _certificate.refusal(transfer.refused, chain, run.clock())
        control = _certificate.control(transfer.target, run, chain[0], Verdict.FAIL, why)
        return replace(noted, detail=why, certificate_expires_at=chain[0].expires_at, controls=(control,))
