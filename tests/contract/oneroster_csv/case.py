"""A OneRoster 1.1 set in a ZIP, full of names and addresses that must never be seen again."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from firstbell.records import Measurement, Record
from tests.contract.file_case import MODIFIED_AT, TABLE, FileCase
from tests.contract.suite import Situation

MANIFEST = "propertyName,value\nmanifest.version,1.0\noneroster.version,1.2\nfile.users,bulk\n"
ORGS = (
    "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\n"
    "o0,,,District,district,,\no1,,,Oak School,school,100,o0\no2,,,Élan 🏫 School,school,200,o0\n"
)
HEAD = "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,givenName,familyName,email,password\n"
USERS = (
    'u1,,,true,"o1,o2",teacher,jane,Jane Pupil,Smith,jane@example.org,pw\n'
    "u2,,,true,o1,student,s1,Jane Pupil,Roe,s1@example.org,\n"
    "u3,,,false,o1,student,s2,Jane Pupil,Roe,s2@example.org,\n"
    "u4,tobedeleted,,true,o1,student,s3,Jane Pupil,Roe,s3@example.org,\n"
    "u5,,,true,o2,aide,a1,Jane Pupil,Roe,a1@example.org,\n"
    "u6,,,true,o1,guardian,g1,Jane Pupil,Roe,g1@example.org,\n"
)
LAST = "u7,,,True,o2,student,s4,Jane Pupil,Roe,s4@example.org,\n"


def count(group: str, scope: str, number: int) -> Measurement:
    return Measurement(
        measure_key=f"enrolment.{group}",
        scope=scope,
        period_start_on=date(2026, 7, 1),
        period_end_on=date(2027, 6, 30),
        numerator=number,
        people=number,
        as_of=MODIFIED_AT,
    )


def counts(students: tuple[int, ...], teachers: tuple[int, ...], staff: tuple[int, ...]) -> tuple[Measurement, ...]:
    groups = {"students": students, "teachers": teachers, "staff": staff}
    scopes = ("district", "school:oak", "school:elan")
    return tuple(
        count(group, scope, number) for group, row in groups.items() for scope, number in zip(scopes, row, strict=True)
    )


class Case(FileCase):
    kind = "oneroster_csv"
    file = "exports/roster.zip"
    situations = TABLE - {Situation.HTML}
    private = ("Jane Pupil", "Smith", "example.org", "rotten-cell")
    good_cell = "True"
    missing_heading = "enabledUser"
    missing_field = "enabledUser"
    bad_field = "enabledUser"

    def text(self, situation: Situation) -> str:
        if situation is Situation.EMPTY:
            return HEAD
        return HEAD + USERS + LAST + (LAST.replace("u7", "u8") if situation is Situation.CHANGED else "")

    def write(self, name: str, content: bytes, at: Any = MODIFIED_AT) -> None:
        if content.startswith(b"\0"):
            super().write(name, content, at)
            return
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, text in {"manifest.csv": MANIFEST, "orgs.csv": ORGS}.items():
                archive.writestr(member, "\ufeff" + text)
            archive.writestr("users.csv", content)
        super().write(name, packed.getvalue(), at)

    def settings(self) -> Mapping[str, Any]:
        return {"file": self.file, "schools": {"100": "oak", "élan 🏫 school": "elan"}}

    def expected(self, situation: Situation) -> Sequence[Record]:
        if situation is Situation.EMPTY:
            return counts((0, 0, 0), (0, 0, 0), (0, 0, 0))
        more = 1 if situation is Situation.CHANGED else 0
        return counts((2 + more, 1, 1 + more), (1, 1, 1), (2, 1, 2))
