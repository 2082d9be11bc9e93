"""Each night: keep the plan, read every source, assess the needs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from prefect import flow, unmapped
from prefect.client.schemas.objects import State
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from tasks.assess import assess_needs, record_plan
from tasks.collect import collect
from tasks.night import end_night, list_sources, mode_of, read_of
from tasks.options import NightOptions
from tasks.services import show_services
from tasks.show import show_assessment, show_sources
from tasks.slots import past_asked, slot, told_in_a_sentence

EVERY = timedelta(days=1)
RUNNER: TaskRunner[Any] = ThreadPoolTaskRunner(max_workers=4)


@flow(name="nightly-audit", task_runner=RUNNER)
@told_in_a_sentence
def nightly_audit(options: NightOptions = NightOptions()) -> State[Any]:  # noqa: B008 - the form's defaults
    """Read every source, keep the plan, assess the needs. One dead source never stops a night."""
    as_of = past_asked(options.as_of)
    with slot("nightly_audit", EVERY, whole=options.whole) as claim:
        record_plan()
        keys = list_sources(options.sources)
        futures = collect.map(keys, mode=unmapped(mode_of(options)))
        reads = [read_of(key, future) for key, future in zip(keys, futures, strict=True)]
        show_sources(reads)
        show_assessment(assess_needs(as_of))
        show_services(as_of)
        return end_night(claim, reads)
