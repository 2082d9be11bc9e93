"""A OneRoster 1.1 export of the nine schools. Its people have made-up names, which nobody ever reads."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from examples.lakeside.schools import SCHOOLS
from examples.lakeside.timeline import Timeline

USERS = (
    *("sourcedId", "status", "dateLastModified", "enabledUser", "orgSourcedIds", "role", "username"),
    *("userIds", "givenName", "familyName", "middleName", "identifier", "email", "sms", "phone"),
    *("agentSourcedIds", "grades", "password"),
)
ORGS = ("sourcedId", "status", "dateLastModified", "name", "type", "identifier", "parentSourcedId")
LEFT = 23
"""Pupils who have left and are switched off: they must not be counted."""


def write_roster(path: Path, timeline: Timeline) -> None:
    """Write the ZIP; the same bytes for the same school year."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, headings, rows in (
            ("manifest.csv", ("propertyName", "value"), _manifest()),
            ("orgs.csv", ORGS, _orgs()),
            ("users.csv", USERS, _users()),
        ):
            text = io.StringIO(newline="")
            writer = csv.writer(text)
            writer.writerow(headings)
            writer.writerows(rows)
            first = timeline.first_day
            member = zipfile.ZipInfo(name, (first.year, first.month, first.day, 4, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, text.getvalue())


def _manifest() -> Iterable[Sequence[str]]:
    return (
        ("manifest.version", "1.0"),
        ("oneroster.version", "1.1"),
        ("file.orgs", "bulk"),
        ("file.users", "bulk"),
        ("source.systemName", "Lakeside SAMPLE student records"),
    )


def _orgs() -> Iterator[Sequence[str]]:
    yield "district", "active", "", "Lakeside Schools (SAMPLE)", "district", "L00", ""
    for number, school in enumerate(SCHOOLS, start=1):
        yield school.key, "active", "", school.name, "school", f"L{number:02}", "district"


def _users() -> Iterator[Sequence[str]]:
    for school in SCHOOLS:
        groups = (("student", school.pupils), ("teacher", school.teachers), ("aide", school.others))
        for role, size in groups:
            for number in range(1, size + 1):
                yield _user(school.key, role, number, "true")
    for number in range(1, LEFT + 1):
        yield _user("oak", "student", 9000 + number, "false")


def _user(school: str, role: str, number: int, enabled: str) -> Sequence[str]:
    login = f"{role}-{school}-{number:04}"
    address = f"{login}@sample.invalid"
    names = (f"Sample{number}", f"{school.title().replace('_', '')}{role.title()}", "")
    return (login, "active", "", enabled, school, role, login, "", *names, "", address, "", "", "", "", "")
