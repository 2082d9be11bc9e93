"""A form's raw export with comments in it, and a counted file of an earlier wave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from firstbell.records import Record, SurveyCounts
from tests.contract.file_case import FileCase
from tests.contract.suite import Situation

HEAD = "Timestamp,I am a,School,The network is reliable,I waste time on technology,Anything else?\n"
COUNTED = "Question,Group,School,1,2,3,4,5,No Answer,Invited\nReliable,staff,,2,3,5,20,10,1,60\n"


def replies(count: int, school: str, reliable: str, waste: str) -> str:
    return f'9/1/2026 8:00:00,Teacher,{school},{reliable},{waste},"asked by Jane Pupil"\n' * count


def counts(wave: str, scope: str, question: str, five: tuple[int, ...], none: int, invited: int | None) -> SurveyCounts:
    return SurveyCounts(
        survey_key="climate",
        wave=wave,
        group="staff",
        scope=scope,
        question_key=question,
        counts=five,
        no_answer=none,
        invited=invited,
        fielded_on=date(2026, 10, 1) if wave == "fall" else date(2026, 4, 1),
    )


SPRING = counts("spring", "district", "reliable", (2, 3, 5, 20, 10), 1, 60)


class Case(FileCase):
    kind = "survey_csv"
    good_cell = "Strongly agree"
    missing_heading = "I am a"
    missing_field = "group"
    bad_field = "The network is reliable"

    def serve(self, situation: Situation) -> None:
        super().serve(situation)
        self.write("spring.csv", (COUNTED if situation is not Situation.EMPTY else COUNTED.split("\n")[0]).encode())

    def text(self, situation: Situation) -> str:
        if situation is Situation.EMPTY:
            return HEAD
        fewer = replies(11, "Oak", "Agree", "2")
        if situation is Situation.CHANGED:
            return HEAD + fewer
        return HEAD + fewer + replies(10, "Elm", "Disagree", "Don't know") + replies(1, "Oak", "Strongly agree", "1")

    def settings(self) -> Mapping[str, Any]:
        common = {"survey": "climate", "groups": {"Teacher": "staff"}, "schools": {"Oak": "oak", "Elm": "elm"}}
        reliable = {"key": "reliable", "text": "The network is reliable"}
        waste = {"key": "waste", "text": "I waste time on technology", "reverse": True}
        return {
            "waves": [
                common
                | {"file": "spring.csv", "wave": "spring", "fielded_on": "2026-04-01", "form": "counts"}
                | {"questions": [{"key": "reliable"}]},
                common
                | {"file": "exports/table.csv", "wave": "fall", "fielded_on": "2026-10-01"}
                | {"columns": {"group": "I am a"}, "questions": [reliable, waste]}
                | {"invited": {"staff": 50, "staff/oak": 20}},
            ]
        }

    def expected(self, situation: Situation) -> Sequence[Record]:
        if situation is Situation.EMPTY:
            return ()
        if situation is Situation.CHANGED:
            return (
                SPRING,
                counts("fall", "district", "reliable", (0, 0, 0, 11, 0), 0, 50),
                counts("fall", "school:oak", "reliable", (0, 0, 0, 11, 0), 0, 20),
                counts("fall", "district", "waste", (0, 0, 0, 11, 0), 0, 50),
                counts("fall", "school:oak", "waste", (0, 0, 0, 11, 0), 0, 20),
            )
        return (
            SPRING,
            counts("fall", "district", "reliable", (0, 10, 0, 11, 1), 0, 50),
            counts("fall", "school:oak", "reliable", (0, 0, 0, 11, 1), 0, 20),
            counts("fall", "school:elm", "reliable", (0, 10, 0, 0, 0), 0, None),
            counts("fall", "district", "waste", (0, 0, 0, 11, 1), 10, 50),
        )
