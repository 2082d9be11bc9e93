"""Head counts from a OneRoster CSV set, edition 1.1 or 1.2, as a ZIP or a folder.

Reads users.csv and orgs.csv, in 1.2 roles.csv too, and from each only identifiers, roles, states and dates: names,
addresses and grades are never looked at. The edition is told by the headings, because sets call themselves 1.2 and
bring 1.1's columns. Identifiers are held while counting and then dropped; what is kept are three counts a school:
`enrolment.students`, `enrolment.teachers` and `enrolment.staff` (everybody employed, teachers included).

A person counts once in the district and once in each of their schools. Users that are switched off
(enabledUser=false) or to be deleted, and roles that have ended or not begun, do not count.

Least access: read the export; leave passwords and demographics out of it. Limits: only bulk sets are read, because a
delta says nothing about who is unchanged; students are counted from users, never from enrolments in classes.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar

from pydantic import Field

from connectors._base import Complete, Connector, FetchRequest, Stream, StreamMode, Yielded
from connectors._cells import day
from connectors._errors import BadReplyError, SettingsError
from connectors._files import LOCATION, SourceFile, find, reading, within
from connectors._rows import Row, parsed
from connectors._table import TableSettings, Wanted, open_headings, open_table, plain
from firstbell.records import Measurement

T = TypeVar("T")

_STAFF = frozenset(
    {"teacher", "aide", "administrator", "counselor", "proctor", "principal", "staff"}
    | {"siteadministrator", "districtadministrator", "systemadministrator"}
)
_GROUPS = {
    "enrolment.students": frozenset({"student"}),
    "enrolment.teachers": frozenset({"teacher"}),
    "enrolment.staff": _STAFF,
}
_MUST = {
    "manifest.csv": ("propertyName", "value"),
    "orgs.csv": ("sourcedId", "name", "type"),
    "users.csv": ("sourcedId", "enabledUser"),
    "roles.csv": ("userSourcedId", "role", "orgSourcedId"),
}
_MAY = {
    "orgs.csv": ("status", "identifier"),
    "users.csv": ("status",),
    "roles.csv": ("status", "beginDate", "endDate"),
}


@dataclass(frozen=True, slots=True)
class _School:
    source_id: str
    names: frozenset[str]


class OneRosterCsv(Connector):
    """Counts of students, teachers and staff, by school and for the district."""

    title = "OneRoster export (CSV)"
    docs_url = "https://www.imsglobal.org/spec/oneroster/v1p2/bind/csv"
    streams = (Stream("counts", Measurement, StreamMode.UPSERT),)
    least_privilege = "Read access to the exported ZIP or folder, without passwords and demographics in it."
    checked_against = "sets written for the tests by the published column lists of 1.1 and 1.2; no vendor's own export"

    class Settings(TableSettings):
        file: str = Field(description=f"{LOCATION} A ZIP, or a folder with the CSV files.")
        schools: dict[str, str] = Field(
            {}, description="The roster's schools, by sourcedId, identifier or name, mapped to our school keys."
        )
        school_year_starts: str = Field(
            "07-01", pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12]\d)$", description="Month and day a school year starts."
        )

    settings: Settings

    def check(self) -> str:
        with ExitStack() as stack:
            roster = _Roster(self, self._files(stack))
            total = len(roster.people())
            unmapped = len(roster.schools) - len(roster.mapped(self.settings.schools))
            return (
                f"A OneRoster {roster.edition} set with {total:,} active people can be read; "
                f"{unmapped} of its {len(roster.schools)} schools have no key under `schools`."
            )

    def fetch(self, request: FetchRequest) -> Iterator[Yielded]:  # noqa: ARG002 - a bulk set is always read anew
        with ExitStack() as stack:
            files = self._files(stack)
            roster = _Roster(self, files)
            schools = roster.mapped(self.settings.schools)
            people = roster.people()
            as_of = max(file.modified_at for file in files.values())
        first, last = self._school_year(as_of)
        for measure, roles in _GROUPS.items():
            everybody = {person for person, role, _ in people if role in roles}
            scopes = {"district": len(everybody)}
            for source_id, key in sorted(schools.items(), key=lambda school: school[1]):
                there = {person for person, role, org in people if role in roles and org == source_id}
                scopes[f"school:{key}"] = len(there)
            for scope, count in scopes.items():
                yield Measurement(
                    measure_key=measure,
                    scope=scope,
                    period_start_on=first,
                    period_end_on=last,
                    numerator=count,
                    people=count,
                    as_of=as_of,
                )
        yield Complete("counts")

    def _school_year(self, as_of: datetime) -> tuple[date, date]:
        """The school year in which the set was made: the period that its counts speak of."""
        on = as_of.astimezone(self.context.zone).date()
        month, start = (int(part) for part in self.settings.school_year_starts.split("-"))
        first = date(on.year, month, start)
        if on < first:
            first = first.replace(year=on.year - 1)
        return first, first.replace(year=first.year + 1) - timedelta(days=1)

    def _files(self, stack: ExitStack) -> dict[str, SourceFile]:
        """The parts of the set that are there, by their names."""
        folder = within(self.settings.file, self.context.folder)
        if "://" not in self.settings.file and folder.is_dir():
            return {
                part: stack.enter_context(find(str(folder / part), self.context))
                for part in _MUST
                if (folder / part).exists()
            }
        file = stack.enter_context(find(self.settings.file, self.context))
        with reading(file.name), zipfile.ZipFile(file.path) as archive:
            members = {name.rpartition("/")[2].casefold(): name for name in archive.namelist()}
        return {part: file.inside(members[part]) for part in _MUST if part in members}


class _Roster:
    """One set, read through once: its schools, and who is active in which role where."""

    def __init__(self, connector: OneRosterCsv, files: dict[str, SourceFile]) -> None:
        self._connector = connector
        self._files = files
        missing = [part for part in ("users.csv", "orgs.csv") if part not in files]
        if missing:
            raise SettingsError(f"The OneRoster set lacks {' and '.join(missing)}; export a complete bulk set.")
        headings = {plain(heading) for heading in open_headings(files["users.csv"], connector.settings)}
        self.edition = "1.1" if {"role", "orgsourcedids"} <= headings else "1.2"
        if self.edition == "1.2" and "roles.csv" not in files:
            raise SettingsError("The OneRoster set has neither roles in users.csv nor a roles.csv; export roles too.")
        if "manifest.csv" in files:
            self._require_bulk()
        self.schools = list(self._read("orgs.csv", self._school))

    def mapped(self, keys: dict[str, str]) -> dict[str, str]:
        """Our school keys by the roster's sourcedId; SettingsError for a name that the roster does not have."""
        found: dict[str, str] = {}
        for name, key in keys.items():
            matches = [school.source_id for school in self.schools if name.casefold() in school.names]
            if len(matches) != 1:
                have = "no school" if not matches else "several schools"
                raise SettingsError(f'The OneRoster set has {have} called "{name}"; correct it under `schools`.')
            found[matches[0]] = key
        return found

    def people(self) -> set[tuple[int, str, str]]:
        """(person, role, organisation) of everybody active; a person is a number that means nothing elsewhere."""
        if self.edition == "1.1":
            return set(self._read("users.csv", self._user_with_role, ("role", "orgSourcedIds")))
        active = set(self._read("users.csv", self._user))
        return {entry for entry in self._read("roles.csv", self._role) if entry[0] in active}

    def _read(self, part: str, parse: Callable[[Row], Iterable[T]], more: tuple[str, ...] = ()) -> Iterator[T]:
        columns = {name: Wanted((name,), must=True) for name in (*_MUST[part], *more)}
        columns |= {name: Wanted((name,), must=False) for name in _MAY.get(part, ())}
        connector = self._connector
        return parsed(open_table(self._files[part], connector.settings, connector.context, columns), parse)

    def _require_bulk(self) -> None:
        told = {name.casefold(): value.casefold() for name, value in self._read("manifest.csv", _property)}
        delta = sorted(part for part in _MUST if told.get(f"file.{part.removesuffix('.csv')}") == "delta")
        if delta:
            raise BadReplyError(f"The OneRoster set brings {delta[0]} as a delta; only a bulk set can be counted.")

    def _school(self, row: Row) -> Iterable[_School]:
        if row.text("type").casefold() == "school" and _kept(row):
            names = (row.text(column) for column in ("sourcedId", "identifier", "name"))
            yield _School(row.need_text("sourcedId"), frozenset(name.casefold() for name in names if name))

    def _user(self, row: Row) -> Iterable[int]:
        enabled = row.text("enabledUser").casefold()
        if enabled not in ("", "true", "false", "1", "0"):
            raise row.fault("enabledUser", "is neither true nor false")
        if enabled not in ("false", "0") and _kept(row):
            yield hash(row.need_text("sourcedId"))

    def _user_with_role(self, row: Row) -> Iterable[tuple[int, str, str]]:
        for person in self._user(row):
            for org in row.need_text("orgSourcedIds").split(","):
                yield person, row.need_text("role").casefold(), org.strip()

    def _role(self, row: Row) -> Iterable[tuple[int, str, str]]:
        today = self._connector.context.clock().astimezone(self._connector.context.zone).date()
        begins, ends = row.read("beginDate", day), row.read("endDate", day)
        if _kept(row) and (begins or today) <= today <= (ends or today):
            yield hash(row.need_text("userSourcedId")), row.need_text("role").casefold(), row.need_text("orgSourcedId")


def _kept(row: Row) -> bool:
    return row.text("status").casefold() != "tobedeleted"


def _property(row: Row) -> Iterable[tuple[str, str]]:
    yield row.text("propertyName"), row.text("value")
