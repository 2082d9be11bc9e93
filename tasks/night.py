"""The small decisions of a night that are not the flow's business: which sources, how much of them, how it ended."""

from __future__ import annotations

from typing import Any

from prefect import task
from prefect.client.schemas.objects import State
from prefect.futures import PrefectFuture

from connectors._base import Mode
from firstbell.errors import FirstbellError
from firstbell.store.ledger import Claim
from tasks.collect import SourceRead
from tasks.options import NightOptions, OptionError
from tasks.place import workplace
from tasks.show import night_state


@task(name="sources")
def list_sources(wanted: list[str]) -> list[str]:
    """The sources to read: those a form names, or all. Raises OptionError for a key that there is not."""
    with workplace() as work:
        keys = [source.key for source in work.district.sources]
    unknown = [key for key in wanted if key not in keys]
    if unknown:
        raise OptionError(f"Only these sources: there is no {', '.join(unknown)}; there are {', '.join(keys)}.")
    return wanted or keys


def mode_of(options: NightOptions) -> Mode:
    """How much to read."""
    return Mode.REREAD if options.reread else Mode.INCREMENTAL


def read_of(source_key: str, future: PrefectFuture[SourceRead]) -> SourceRead:
    """What a source's task came to, also when it failed after its retries: one dead source never stops a night."""
    result: Any = future.result(raise_on_failure=False)
    if isinstance(result, SourceRead):
        return result
    sentence = str(result) if isinstance(result, FirstbellError) else f"The read broke off ({type(result).__name__})."
    return SourceRead(source_key=source_key, problem=sentence)


def end_night(claim: Claim, reads: list[SourceRead]) -> State[Any]:
    """The night's end state; a night in which nothing could be read leaves its slot open for another run."""
    state = night_state(reads)
    if state.is_failed():
        claim.abandon()
    return state
