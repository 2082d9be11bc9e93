"""The one base of the errors that a person is meant to read."""

from __future__ import annotations


class FirstbellError(Exception):
    """Something a person can mend. `str(error)` is one sentence: what, where, and what to do.

    The sentence never quotes a row's value or a secret: it is printed, mailed and shown in the Prefect UI.
    """
