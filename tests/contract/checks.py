"""The checks of the contract: each a function of one case, collected where the case declares what it needs."""

from __future__ import annotations

import json
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from types import UnionType
from typing import Any, get_args

from pydantic import BaseModel, SecretStr

from connectors._base import Complete, Connector, StreamMode
from connectors._errors import (
    AuthError,
    BadReplyError,
    ConnectorError,
    PermanentError,
    RateLimitedError,
    RetryableError,
    SettingsError,
    UnavailableError,
)
from firstbell.records import Record
from tests.contract.suite import HARMLESS, Case, Check, Outcome, Situation, ask, connector_class, key_of, read

CHECKS: dict[str, tuple[Check, frozenset[Situation]]] = {}
"""Every check by its name, with the situations that a case must declare for it to be collected."""


def check(*needs: Situation) -> Callable[[Check], Check]:
    def register(function: Check) -> Check:
        CHECKS[function.__name__] = (function, frozenset(needs))
        return function

    return register


def collected(case: type[Case]) -> list[str]:
    """The names of the checks that apply to a case."""
    return [name for name, (_, needs) in CHECKS.items() if needs <= case.situations | {Situation.WHOLE}]


def streams_read(case: Case) -> set[str]:
    """The names of the streams that must come to their end under the case's settings."""
    return set(case.reads) or {stream.name for stream in connector_class(case).streams}


def succeeded(case: Case, situation: Situation, **how: Any) -> Outcome:
    case.serve(situation)
    outcome = read(case, **how)
    if outcome.error is not None:
        raise AssertionError(f"{situation}: the read failed") from outcome.error
    return outcome


def failed(case: Case, situation: Situation, *errors: type[ConnectorError]) -> Outcome:
    outcome = seen_once(case, situation)
    assert outcome.error is not None, f"{situation}: taken as success, {len(outcome.records)} records"
    if not isinstance(outcome.error, errors):
        raise AssertionError(f"{situation}: {type(outcome.error).__name__} is the wrong error") from outcome.error
    return outcome


def seen_once(case: Case, situation: Situation) -> Outcome:
    """What a first read of a situation comes to, read once for all the checks of a connector that look at it."""
    key = type(case), connector_class(case), situation
    if key not in _SEEN:
        case.serve(situation)
        _SEEN[key] = read(case)
        _forget_locals(_SEEN[key].error)
    return _SEEN[key]


_SEEN: dict[tuple[type[Case], type[Connector], Situation], Outcome] = {}


def _forget_locals(error: BaseException | None) -> None:
    """Let go of what the frames of an error hold, which for HUGE are many megabytes."""
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__context__


@check(Situation.WHOLE)
def every_row_once(case: Case) -> None:
    found = Counter(key_of(record) for record in succeeded(case, Situation.WHOLE).records)
    assert found == Counter(key_of(record) for record in case.expected(Situation.WHOLE))


@check(Situation.WHOLE)
def exact_records(case: Case) -> None:
    found = {key_of(record): record for record in succeeded(case, Situation.WHOLE).records}
    expected = {key_of(record): record for record in case.expected(Situation.WHOLE)}
    assert expected, "a case without a row proves nothing"
    shared = found.keys() & expected.keys()
    assert {key: found[key] for key in shared} == {key: expected[key] for key in shared}


@check(Situation.WHOLE)
def times_are_aware(case: Case) -> None:
    moments = [moment for record in succeeded(case, Situation.WHOLE).records for moment in _moments(record)]
    assert all(moment.tzinfo is UTC for moment in moments)


@check(Situation.WHOLE)
def yields_what_it_declares(case: Case) -> None:
    declared = {stream.record_type for stream in connector_class(case).streams}
    assert {type(record) for record in succeeded(case, Situation.WHOLE).records} <= declared


@check(Situation.WHOLE)
def completes_each_stream_at_its_end(case: Case) -> None:
    outcome = succeeded(case, Situation.WHOLE)
    streams = [one for one in connector_class(case).streams if one.name in streams_read(case)]
    assert {mark.stream for mark in outcome.completed} == streams_read(case)
    for stream in streams:
        end = next(
            at for at, item in enumerate(outcome.order) if isinstance(item, Complete) and item.stream == stream.name
        )
        late = [item for item in outcome.order[end:] if isinstance(item, stream.record_type)]
        assert not late, f"{stream.name}: {len(late)} records after the first Complete"


@check(Situation.WHOLE)
def states_are_json(case: Case) -> None:
    for state in succeeded(case, Situation.WHOLE).states.values():
        assert json.loads(json.dumps(state)) == state


@check(Situation.WHOLE)
def states_do_not_come_from_the_local_clock(case: Case) -> None:
    today = succeeded(case, Situation.WHOLE).states
    assert succeeded(case, Situation.WHOLE, now=case.now + timedelta(hours=5)).states == today


@check(Situation.WHOLE)
def twice_gives_the_same(case: Case) -> None:
    assert succeeded(case, Situation.WHOLE).order == succeeded(case, Situation.WHOLE).order


@check(Situation.WHOLE)
def check_answers_a_sentence(case: Case) -> None:
    case.serve(Situation.WHOLE)
    sentence, error = ask(case)
    assert error is None
    assert sentence.endswith(".")
    assert not leaks(case, sentence)


@check(Situation.EMPTY)
def empty_is_not_an_error(case: Case) -> None:
    outcome = succeeded(case, Situation.EMPTY)
    assert sorted(outcome.records, key=key_of) == sorted(case.expected(Situation.EMPTY), key=key_of)
    assert {mark.stream for mark in outcome.completed} == streams_read(case)


@check(Situation.CHANGED)
def incremental_equals_fresh(case: Case) -> None:
    first = succeeded(case, Situation.WHOLE)
    then = succeeded(case, Situation.CHANGED, states=first.states)
    kept = [record for record in first.records if not _replaced(case, record)]
    assert {key_of(r): r for r in (*kept, *then.records)} == {key_of(r): r for r in case.expected(Situation.CHANGED)}


@check(Situation.UNKNOWN_ENUM)
def unknown_enum_is_kept(case: Case) -> None:
    found = succeeded(case, Situation.UNKNOWN_ENUM).records
    assert {key_of(r): r for r in found} == {key_of(r): r for r in case.expected(Situation.UNKNOWN_ENUM)}


@check(Situation.UNAUTHORIZED)
def wrong_credentials_are_final(case: Case) -> None:
    outcome = failed(case, Situation.UNAUTHORIZED, AuthError)
    assert outcome.requests <= 3, f"{outcome.requests} requests with refused credentials"


@check(Situation.UNAUTHORIZED)
def check_tells_wrong_credentials(case: Case) -> None:
    case.serve(Situation.UNAUTHORIZED)
    _, error = ask(case)
    assert isinstance(error, AuthError)


@check(Situation.FORBIDDEN)
def forbidden_is_an_auth_error(case: Case) -> None:
    failed(case, Situation.FORBIDDEN, AuthError)


@check(Situation.RATE_LIMITED)
def waits_as_long_as_it_is_told(case: Case) -> None:
    outcome = succeeded(case, Situation.RATE_LIMITED)
    assert sum(outcome.waits) >= case.retry_after_seconds
    assert sum(outcome.waits) <= case.retry_after_seconds + 5
    assert {key_of(r) for r in outcome.records} == {key_of(r) for r in case.expected(Situation.WHOLE)}


@check(Situation.RATE_LIMITED_FOREVER)
def does_not_wait_for_ever(case: Case) -> None:
    outcome = failed(case, Situation.RATE_LIMITED_FOREVER, RateLimitedError)
    assert sum(outcome.waits) <= 1800


@check(Situation.SERVER_ERROR)
def server_error_is_not_empty(case: Case) -> None:
    assert failed(case, Situation.SERVER_ERROR, UnavailableError).requests <= 12


@check(Situation.SERVER_ERROR_ONCE)
def one_server_error_is_ridden_out(case: Case) -> None:
    found = {key_of(record) for record in succeeded(case, Situation.SERVER_ERROR_ONCE).records}
    assert found == {key_of(record) for record in case.expected(Situation.WHOLE)}


@check(Situation.DROPPED)
def dropped_is_unavailable(case: Case) -> None:
    failed(case, Situation.DROPPED, UnavailableError)


@check(Situation.SLOW)
def slow_is_unavailable(case: Case) -> None:
    failed(case, Situation.SLOW, UnavailableError)


@check(Situation.TRUNCATED)
def truncated_is_not_taken_as_the_end(case: Case) -> None:
    failed(case, Situation.TRUNCATED, RetryableError, BadReplyError)


@check(Situation.GARBLED)
def garbled_is_a_bad_reply(case: Case) -> None:
    failed(case, Situation.GARBLED, BadReplyError)


@check(Situation.HTML)
def a_web_page_is_told_as_such(case: Case) -> None:
    assert "web page" in str(failed(case, Situation.HTML, BadReplyError).error)


@check(Situation.HUGE)
def too_many_bytes_stop_the_read(case: Case) -> None:
    failed(case, Situation.HUGE, BadReplyError)


@check(Situation.WRONG_SHAPE)
def wrong_shape_is_refused(case: Case) -> None:
    failed(case, Situation.WRONG_SHAPE, PermanentError)


@check(Situation.MISSING_FIELD)
def missing_field_is_named(case: Case) -> None:
    assert case.missing_field in str(failed(case, Situation.MISSING_FIELD, PermanentError).error)


@check(Situation.BAD_VALUE)
def bad_value_is_told_by_its_field(case: Case) -> None:
    assert case.bad_field in str(failed(case, Situation.BAD_VALUE, PermanentError).error)


@check(Situation.ENDLESS)
def endless_paging_stops(case: Case) -> None:
    failed(case, Situation.ENDLESS, BadReplyError)


@check(Situation.FOREIGN_LINK)
def foreign_links_are_not_followed(case: Case) -> None:
    assert failed(case, Situation.FOREIGN_LINK, BadReplyError).foreign_requests == 0


@check(Situation.GONE)
def gone_is_told(case: Case) -> None:
    failed(case, Situation.GONE, SettingsError, UnavailableError)


@check(Situation.WHOLE)
def a_failed_read_leaves_the_state(case: Case) -> None:
    for situation in sorted(case.situations - HARMLESS):
        outcome = seen_once(case, situation)
        assert outcome.error is None or not outcome.completed, f"{situation}: a stream was called complete"


@check(Situation.WHOLE)
def nothing_private_shows(case: Case) -> None:
    for situation in sorted(case.situations | {Situation.WHOLE}):
        outcome = seen_once(case, situation)
        case.serve(situation)
        sentence, error = ask(case)
        for where, text in {
            "log": outcome.log,
            "repr or error": outcome.shown,
            "records": repr(outcome.records),
            "states": repr(outcome.marks),
            "doctor's sentence": f"{sentence} {error}",
        }.items():
            assert not leaks(case, text), f"{situation}: a secret or a private value shows in the {where}"


@check(Situation.WHOLE)
def errors_are_one_sentence(case: Case) -> None:
    for situation in sorted(case.situations - HARMLESS):
        error = seen_once(case, situation).error
        if isinstance(error, ConnectorError):
            assert str(error).endswith("."), situation
            assert "\n" not in str(error), situation
            assert 30 <= len(str(error)) <= 400, situation


@check(Situation.WHOLE)
def every_setting_is_described(case: Case) -> None:
    assert [name for name, about in _settings_fields(connector_class(case).Settings) if not about.description] == []


@check(Situation.WHOLE)
def secrets_are_secret_strings(case: Case) -> None:
    case.serve(Situation.WHOLE)
    plain = str(connector_class(case).Settings(**case.settings()).model_dump())
    assert not [secret for secret in case.secrets if secret in plain]
    tell_tale = ("password", "secret", "token", "api_key")
    for name, about in _settings_fields(connector_class(case).Settings):
        if any(word in name for word in tell_tale):
            assert SecretStr in _types(about.annotation), f"{name} must be a SecretStr"


@check(Situation.WHOLE)
def says_what_it_is(case: Case) -> None:
    cls = connector_class(case)
    assert all(text.strip() for text in (cls.title, cls.least_privilege, cls.checked_against))
    assert cls.docs_url.startswith("https://")
    assert cls.streams
    assert all(isinstance(stream.mode, StreamMode) for stream in cls.streams)


def leaks(case: Case, text: str) -> bool:
    return any(word in text for word in (*case.secrets, *case.private))


def _replaced(case: Case, record: Record) -> bool:
    modes = {stream.record_type: stream.mode for stream in connector_class(case).streams}
    return modes[type(record)] is StreamMode.REPLACE


def _moments(thing: Any) -> list[datetime]:
    if isinstance(thing, datetime):
        return [thing]
    if isinstance(thing, tuple):
        return [moment for part in thing for moment in _moments(part)]
    if is_dataclass(thing):
        return [moment for part in fields(thing) for moment in _moments(getattr(thing, part.name))]
    return []


def _types(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) if isinstance(annotation, UnionType) or get_args(annotation) else (annotation,)


def _settings_fields(model: type[BaseModel]) -> list[tuple[str, Any]]:
    """Every field of the settings and of the models nested in them."""
    found: list[tuple[str, Any]] = []
    for name, about in model.model_fields.items():
        found.append((name, about))
        for part in _types(about.annotation):
            if isinstance(part, type) and issubclass(part, BaseModel):
                found += _settings_fields(part)
    return found
