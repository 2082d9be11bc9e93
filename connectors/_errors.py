"""Errors of reading an outside system, sorted by what to do about them.

`RetryableError`: the same call may succeed later, nobody has to act. `PermanentError`: somebody has to change
something first. Each is one sentence a person can act on, without a row's value and without a secret.
"""

from __future__ import annotations

from firstbell.errors import FirstbellError


class ConnectorError(FirstbellError):
    """Nothing of this source is known; its last good state stays as it was."""


class RetryableError(ConnectorError):
    """Trying again later may help."""


class UnavailableError(RetryableError):
    """No answer, a broken answer or a server-side failure."""


class RateLimitedError(RetryableError):
    """The source asked us to wait longer than this run may."""


class PermanentError(ConnectorError):
    """Trying again without a change will fail again."""


class AuthError(PermanentError):
    """The credentials were refused, or lack a right that reading needs."""


class SettingsError(PermanentError):
    """An address, path, column or option in the district folder does not fit the source."""


class BadReplyError(PermanentError):
    """The source answered with something other than what its documentation says."""
