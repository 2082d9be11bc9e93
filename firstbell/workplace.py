"""What every job works with: the district, its store, and the few things that only the outer layers can bring."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from firstbell.clock import Clock
from firstbell.config.loaded import District
from firstbell.config.rehearsal import in_rehearsal
from firstbell.config.seal import seal_of
from firstbell.knowledge import Feeds
from firstbell.meetings import ReadCalendar
from firstbell.store.session import Store


@dataclass(frozen=True, kw_only=True)
class Workplace:
    """One district's installation, open for work.

    `state` is the folder for everything that is written beside the store. `feeds` says which record types each
    source yields and `read_calendar` fetches a calendar file: both come from the layer that knows the connectors.
    """

    district: District
    store: Store
    state: Path
    feeds: Feeds
    read_calendar: ReadCalendar
    clock: Clock

    @property
    def rehearsing(self) -> bool:
        """True while all mail goes to the installer."""
        return in_rehearsal(self.state)

    @property
    def seal(self) -> str:
        """What keeps others from naming our letters. Raises FileError."""
        return seal_of(self.state)
