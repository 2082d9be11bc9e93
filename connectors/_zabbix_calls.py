"""Calls of Zabbix' JSON-RPC interface: how answers, empty lists and errors look."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field

from connectors._errors import AuthError, BadReplyError, SettingsError
from connectors._http import Http
from connectors._shape import bad_shape

REFUSALS = ("authori", "re-login", "token", "permission", "session")
"""What stands in `error.data` when a token or a right is missing; its code is that of any wrong parameter."""

Instant = Annotated[int, Field(ge=0, lt=20_000_000_000)]
"""Seconds since 1970. Zabbix writes most of its numbers as text."""


def require_version(http: Http) -> str:
    """The version, asked without the token as Zabbix wants it. Raises SettingsError for one before 6.4."""
    version = result_of(http, "apiinfo.version", {}, signed=False)
    told = re.match(r"(\d{1,3})\.(\d{1,3})", version) if isinstance(version, str) else None
    if told is None:
        raise bad_shape(http.host, "result")
    if (int(told[1]), int(told[2])) < (6, 4):
        raise SettingsError(f"{http.host} is an older Zabbix than 6.4, which does not take a token as we send it.")
    return f"{told[1]}.{told[2]}"


def rows_of(http: Http, method: str, question: Mapping[str, Any]) -> Sequence[Any]:
    """The rows of a list. An empty one is [] or, where rows are named by their ids, {}."""
    found = result_of(http, method, question)
    if isinstance(found, dict):
        return list(found.values())
    if not isinstance(found, list):
        raise bad_shape(http.host, "result")
    return found


def result_of(http: Http, method: str, question: Mapping[str, Any], *, signed: bool = True) -> Any:
    """The result of one call. Errors come with HTTP status 200."""
    body = {"jsonrpc": "2.0", "method": method, "params": question, "id": 1}
    answer = http.post_json("api_jsonrpc.php", body, signed=signed)
    if isinstance(answer, dict) and isinstance(answer.get("error"), dict):
        told = str(answer["error"].get("data", "")).casefold()
        if any(word in told for word in REFUSALS):
            raise AuthError(f"{http.host} refuses {method} to this token; renew it, or allow the method in its role.")
        raise BadReplyError(f"{http.host} does not understand {method}; its version may differ from what is known.")
    if not isinstance(answer, dict) or "result" not in answer:
        raise bad_shape(http.host, "result")
    return answer["result"]
