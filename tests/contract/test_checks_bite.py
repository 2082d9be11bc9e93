"""The contract itself is checked: a sound connector passes, and each saboteur fails just the checks it breaks."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import requests
from pydantic import Field, SecretStr

from connectors._base import Complete, FetchRequest, Yielded
from connectors._errors import AuthError, BadReplyError, ConnectorError, UnavailableError
from connectors._http import Http, HttpSettings
from firstbell.records import Ticket
from tests.contract.checks import CHECKS, collected
from tests.contract.conftest import MakeCase
from tests.contract.desk import STATUSES, Desk, DeskCase, DeskSettings, Row


class StopsAfterPageOne(Desk):
    def fetch(self, request: FetchRequest) -> Iterator[Yielded]:
        with self.http() as http:
            for row in self.rows(http, http.get_json("tickets")):
                yield self.ticket(row)
        yield Complete("tickets")


class RepeatsTheLastRow(Desk):
    def fetch(self, request: FetchRequest) -> Iterator[Yielded]:
        last: Ticket | None = None
        for item in super().fetch(request):
            if isinstance(item, Complete) and last is not None:
                yield last
            last = item if isinstance(item, Ticket) else last
            yield item


class WrongMoment(Desk):
    def ticket(self, row: Row) -> Ticket:
        return Ticket(ticket_key=str(row.id), created_at=row.changed, status=STATUSES.get(row.state, STATUSES["open"]))


class NaiveTimes(Desk):
    def ticket(self, row: Row) -> Ticket:
        naive = row.made.replace(tzinfo=None)
        return Ticket(ticket_key=str(row.id), created_at=naive, status=STATUSES["open"])


class GarbageIsEmpty(Desk):
    def fetch(self, request: FetchRequest) -> Iterator[Yielded]:
        try:
            yield from super().fetch(request)
        except BadReplyError:
            yield Complete("tickets")


class FaultIsEmpty(Desk):
    def fetch(self, request: FetchRequest) -> Iterator[Yielded]:
        try:
            yield from super().fetch(request)
        except UnavailableError:
            yield Complete("tickets")


class InsistsOnWrongKey(Desk):
    def fetch(self, request: FetchRequest) -> Iterator[Yielded]:
        for turn in range(10):
            try:
                yield from super().fetch(request)
            except AuthError:
                if turn == 9:
                    raise
            else:
                return


class SaysTheKey(Desk):
    def fetch(self, request: FetchRequest) -> Iterator[Yielded]:
        try:
            yield from super().fetch(request)
        except AuthError:
            key = self.settings.api_key.get_secret_value()
            raise AuthError(f"The desk does not take the key {key}; make a new one.") from None


class LogsRows(Desk):
    def rows(self, http: Http, page: Any) -> list[Row]:
        logging.getLogger("desk").debug("got %s", page)
        return super().rows(http, page)


class QuotesTheValue(Desk):
    def rows(self, http: Http, page: Any) -> list[Row]:
        if not isinstance(page, dict) or not isinstance(page.get("tickets"), list):
            return super().rows(http, page)
        try:
            return [Row.model_validate(row) for row in page["tickets"]]
        except ValueError as error:
            raise BadReplyError(f"A row is wrong: {' '.join(str(error).split())[:300]}.") from None


class PassesTheCauseOn(Desk):
    def rows(self, http: Http, page: Any) -> list[Row]:
        try:
            return [Row.model_validate(row) for row in page["tickets"]]
        except (ValueError, TypeError) as error:
            raise BadReplyError("The desk's rows lack changed or made as they are documented.") from error


class PlainKeySettings(HttpSettings):
    api_key: str = Field(description="A key that may read tickets.")


class PlainKey(Desk):
    Settings = PlainKeySettings

    def __init__(self, settings: Any, context: Any) -> None:
        super().__init__(settings, context)
        self.settings = DeskSettings(**{**settings.model_dump(), "api_key": SecretStr(settings.api_key)})


class UndescribedSettings(DeskSettings):
    colour: str = "blue"


class Undescribed(Desk):
    Settings = UndescribedSettings


class LocalClock(Desk):
    def fetch(self, request: FetchRequest) -> Iterator[Yielded]:
        for item in super().fetch(request):
            moment = self.context.clock().isoformat()
            yield Complete("tickets", state={"newest": moment}) if isinstance(item, Complete) else item


class CompletesTooEarly(Desk):
    def fetch(self, request: FetchRequest) -> Iterator[Yielded]:
        yield Complete("tickets")
        yield from super().fetch(request)


class FollowsAnyLink(Desk):
    def http(self, deadline: datetime | None = None) -> Http:
        return TrustingHttp(super().http(deadline))


class TrustingHttp(Http):
    def __init__(self, http: Http) -> None:
        super().__init__(http._settings, http._context, auth=http._auth, limits=http._limits)

    def _address(self, path: str) -> str:
        if path.startswith("http") and not path.startswith(self.base):
            with requests.Session() as session:
                session.get(path, timeout=5)
        return super()._address(path)


class DropsUnknownStatus(Desk):
    def rows(self, http: Http, page: Any) -> list[Row]:
        return [row for row in super().rows(http, page) if row.state in STATUSES]


class NeverStops(Desk):
    def fetch(self, request: FetchRequest) -> Iterator[Yielded]:
        try:
            yield from super().fetch(request)
        except ConnectorError as error:
            if "next page after" not in str(error):
                raise
            yield Complete("tickets", state={"newest": ""})


class NoPatience(Desk):
    def __init__(self, settings: Any, context: Any) -> None:
        super().__init__(settings.model_copy(update={"wait_budget_seconds": 0}), context)


class Chance(Desk):
    turns = 0

    def fetch(self, request: FetchRequest) -> Iterator[Yielded]:
        type(self).turns += 1
        for item in super().fetch(request):
            state = {**item.state, "turn": type(self).turns % 7} if isinstance(item, Complete) else {}
            yield Complete("tickets", state=state) if isinstance(item, Complete) else item


class StatesAMoment(Desk):
    def fetch(self, request: FetchRequest) -> Iterator[Yielded]:
        for item in super().fetch(request):
            done = isinstance(item, Complete)
            yield Complete("tickets", state={"newest": datetime(2025, 5, 6)}) if done else item  # noqa: DTZ001


EXACTLY: dict[type[Desk], set[str]] = {
    RepeatsTheLastRow: {"every_row_once"},
    WrongMoment: {"exact_records", "incremental_equals_fresh", "unknown_enum_is_kept"},
    GarbageIsEmpty: {
        "a_web_page_is_told_as_such",
        "bad_value_is_told_by_its_field",
        "endless_paging_stops",
        "foreign_links_are_not_followed",
        "garbled_is_a_bad_reply",
        "missing_field_is_named",
        "too_many_bytes_stop_the_read",
        "wrong_shape_is_refused",
    },
    FaultIsEmpty: {
        "dropped_is_unavailable",
        "server_error_is_not_empty",
        "slow_is_unavailable",
        "truncated_is_not_taken_as_the_end",
    },
    InsistsOnWrongKey: {"wrong_credentials_are_final"},
    SaysTheKey: {"nothing_private_shows"},
    LogsRows: {"nothing_private_shows"},
    QuotesTheValue: {"nothing_private_shows"},
    PassesTheCauseOn: {"nothing_private_shows"},
    PlainKey: {"secrets_are_secret_strings"},
    Undescribed: {"every_setting_is_described"},
    LocalClock: {"states_do_not_come_from_the_local_clock", "incremental_equals_fresh"},
    CompletesTooEarly: {"completes_each_stream_at_its_end", "a_failed_read_leaves_the_state"},
    FollowsAnyLink: {"foreign_links_are_not_followed"},
    DropsUnknownStatus: {"unknown_enum_is_kept"},
    NeverStops: {"endless_paging_stops"},
    NoPatience: {"waits_as_long_as_it_is_told"},
    Chance: {"twice_gives_the_same", "states_do_not_come_from_the_local_clock"},
    StatesAMoment: {"states_are_json", "incremental_equals_fresh"},
}
"""What each saboteur must fail, and nothing else."""

AT_LEAST: dict[type[Desk], set[str]] = {
    StopsAfterPageOne: {"every_row_once", "incremental_equals_fresh"},
    NaiveTimes: {"times_are_aware", "exact_records"},
}
"""What must fail where the fault keeps the read from getting to most of what the other checks look at."""


def failing(saboteur: type[Desk], make_case: MakeCase) -> set[str]:
    case = make_case(DeskCase)
    case.connector = saboteur
    found = set()
    for name in collected(DeskCase):
        try:
            CHECKS[name][0](case)
        except Exception:  # noqa: BLE001 - a check fails by whatever it raises
            found.add(name)
    return found


def test_a_sound_connector_passes_every_check(make_case: MakeCase) -> None:
    assert failing(Desk, make_case) == set()
    assert set(collected(DeskCase)) == set(CHECKS), "the made-up desk must be able to stand in every situation"


@pytest.mark.parametrize("saboteur", EXACTLY, ids=lambda saboteur: saboteur.__name__)
def test_the_saboteur_is_caught_where_it_errs(saboteur: type[Desk], make_case: MakeCase) -> None:
    assert failing(saboteur, make_case) == EXACTLY[saboteur]


@pytest.mark.parametrize("saboteur", AT_LEAST, ids=lambda saboteur: saboteur.__name__)
def test_the_saboteur_is_caught_at_least_where_it_errs(saboteur: type[Desk], make_case: MakeCase) -> None:
    assert failing(saboteur, make_case) >= AT_LEAST[saboteur]
