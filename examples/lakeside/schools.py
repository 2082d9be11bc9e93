"""The nine made-up schools and their sizes: everything else is sized by them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class School:
    """A school with its pupils, teachers, other staff and devices."""

    key: str
    name: str
    level: str
    pupils: int
    teachers: int
    others: int

    @property
    def secondary(self) -> bool:
        return self.level in ("middle", "high")

    @property
    def devices(self) -> int:
        """Active devices: one a pupil and one a grown-up, and some carts; a few pupils have none."""
        return round(self.pupils * 1.01) + self.teachers + self.others


SCHOOLS = (
    School("oak", "Oak Elementary", "elementary", 402, 28, 17),
    School("birch", "Birch Elementary", "elementary", 371, 26, 16),
    School("cedar", "Cedar Elementary", "elementary", 418, 29, 18),
    School("maple", "Maple Elementary", "elementary", 356, 25, 16),
    School("willow", "Willow Elementary", "elementary", 389, 27, 17),
    School("lakeview", "Lakeview Middle School", "middle", 498, 36, 21),
    School("north_shore", "North Shore Middle School", "middle", 472, 34, 20),
    School("lakeside_high", "Lakeside High School", "high", 1046, 71, 48),
    School("harbor", "Harbor Learning Center", "other", 58, 8, 11),
)
PUPILS = sum(school.pupils for school in SCHOOLS)
TEACHERS = sum(school.teachers for school in SCHOOLS)
STAFF = sum(school.teachers + school.others for school in SCHOOLS)
TECHNICIANS = 2
