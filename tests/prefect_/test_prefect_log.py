"""What an admin reads in a run's log: a sentence for what they can mend, the stack for what they cannot."""

from __future__ import annotations

import logging

import pytest

import tasks.place  # noqa: F401 - every flow imports the tasks
from firstbell.errors import FirstbellError


@pytest.mark.parametrize("runs", ["prefect.flow_runs", "prefect.task_runs"])
@pytest.mark.parametrize(("error", "stack"), [(FirstbellError("Mend the address."), False), (KeyError("x"), True)])
def test_only_an_unforeseen_error_shows_its_stack(runs: str, error: Exception, stack: bool) -> None:
    record = logging.LogRecord(runs, logging.ERROR, __file__, 1, "failed: %r", (error,), (type(error), error, None))
    assert logging.getLogger(runs).filter(record)
    assert bool(record.exc_info) is stack
