"""Survey exports of the sample district: a row per reply without a name, two staff waves, one of students.

Families were last asked more than a year ago, so what they think is not known.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random

from examples.lakeside.schools import PUPILS, SCHOOLS, STAFF
from examples.lakeside.timeline import Timeline

QUESTIONS = ("Works when I need it", "Easy to use", "I get help in time")
WORDS = ("Strongly disagree", "Disagree", "Neutral", "Agree", "Strongly agree")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """One wave: whom it asked, when it ended, how many replies came and how content they are, 0 to 1."""

    file: str
    group: str
    name: str
    days_ago: int
    replies: int
    invited: int
    content: float

    def fielded_on(self, timeline: Timeline) -> date:
        return timeline.day(-self.days_ago)


WAVES = (
    Wave(file="staff-now.csv", group="staff", name="autumn", days_ago=18, replies=331, invited=STAFF, content=0.66),
    Wave(file="staff-before.csv", group="staff", name="spring", days_ago=190, replies=298, invited=STAFF, content=0.58),
    Wave(file="students.csv", group="students", name="autumn", days_ago=33, replies=1204, invited=PUPILS, content=0.68),
    Wave(file="families.csv", group="families", name="past", days_ago=402, replies=412, invited=2610, content=0.6),
)


def write_surveys(folder: Path, timeline: Timeline, on: date) -> None:
    """Write the waves that had ended by a day; a wave that had not is a file of headings."""
    for wave in WAVES:
        random = Random(f"survey/{wave.group}/{wave.name}")
        ended = wave.fielded_on(timeline) <= on
        with (folder / wave.file).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("Timestamp", "School", *QUESTIONS))
            for _ in range(wave.replies if ended else 0):
                writer.writerow((wave.fielded_on(timeline), _school(random), *_answers(random, wave.content)))


def _school(random: Random) -> str:
    (school,) = random.choices(SCHOOLS, weights=[one.pupils for one in SCHOOLS])
    return school.name


def _answers(random: Random, content: float) -> list[str]:
    """One person's words; how content a person is shows in all answers, and some are left empty."""
    mood = random.gauss(content, 0.22)
    found = []
    for question in range(len(QUESTIONS)):
        step = round(4 * (mood + random.gauss(0.02 - 0.04 * question, 0.12)) + 0.35)
        found.append("" if random.random() < 0.03 else WORDS[max(0, min(4, step))])
    return found
