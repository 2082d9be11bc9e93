"""Prefect's shell around the core: what is retried, what is shown to an admin, and nothing else.

Each module holds plain functions that do the work and, below them, the tasks that run them. Only keys, options and
counts cross a task's border, never a row or a secret.
"""

import logging

from firstbell.errors import FirstbellError


def _sentence_only(record: logging.LogRecord) -> bool:
    """Keep our own errors' sentence and drop the stack under it: it says what to do, and no line of code does."""
    if record.exc_info and isinstance(record.exc_info[1], FirstbellError):
        record.exc_info = None
    return True


for _runs in ("prefect.flow_runs", "prefect.task_runs"):
    logging.getLogger(_runs).addFilter(_sentence_only)
