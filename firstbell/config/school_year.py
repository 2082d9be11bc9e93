"""The part of district.yaml that is the district's year: hours, breaks, terms, tests."""

from __future__ import annotations

from datetime import date, time
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from firstbell.config._section import SCHOOL_YEAR_PATTERN, Section, require_order


def _known_day_of_year(text: str) -> str:
    try:
        date.fromisoformat(f"2000-{text}")
    except ValueError as error:
        raise ValueError("is no month and day; an example is 07-01") from error
    return text


class Hours(Section):
    """Opening hours of one weekday, local time."""

    opens: time = Field(alias="from", description="Local time, for example 08:00.")
    closes: time = Field(alias="until", description="Local time, for example 15:05.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        require_order(self.opens, self.closes, "from and until")
        return self


Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class SchoolYear(Section):
    """One school year; fiscal years are told apart in the budget measures."""

    name: str = Field(pattern=SCHOOL_YEAR_PATTERN, description='For example "2026-27".')
    first_day: date = Field(description="First day of instruction.")
    last_day: date = Field(description="Last day of instruction.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        require_order(self.first_day, self.last_day, "first_day and last_day")
        return self


class ClosedDays(Section):
    """Days without school, one or a range."""

    first: date = Field(description="The day, or the first of a range.")
    last: date | None = Field(None, description="The last day of a range; left out for one day.")
    name: str = Field(description="For example Winter break.")
    offices: bool = Field(False, description="True when the offices and the help desk are closed as well.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        require_order(self.first, self.last, "first and last")
        return self


class EarlyRelease(Section):
    """A day that ends early."""

    day: date = Field(description="The day.")
    until: time = Field(description="When instruction ends.")


class Term(Section):
    """A term or semester."""

    name: str = Field(description='As printed, for example "Fall 2026".')
    first_day: date = Field(description="Its first day.")
    last_day: date = Field(description="Its last day.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        require_order(self.first_day, self.last_day, "first_day and last_day")
        return self


class ExamDays(Section):
    """Days on which pupils sit the state's or another great test: services for it have to be there then."""

    name: str = Field(description="As printed, for example Spring assessment.")
    first: date = Field(description="The first day.")
    last: date = Field(description="The last day; only days of class within them count.")
    hours: Hours | None = Field(None, description="The hours of the test; left out: those of class.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        require_order(self.first, self.last, "first and last")
        return self


class Calendar(Section):
    """The district's year: what counts as class hours and as business hours."""

    years: tuple[SchoolYear, ...] = Field(min_length=1, description="School years, this one and the last at least.")
    class_hours: dict[Weekday, Hours] = Field(description="Hours of instruction by weekday.")
    business_hours: dict[Weekday, Hours] = Field(description="Hours of the help desk by weekday.")
    service_hours: dict[Weekday, Hours] = Field(
        {}, description="When services are expected to work, summer too; left out: 06:00 to 17:00 on weekdays."
    )
    closed: tuple[ClosedDays, ...] = Field((), description="Holidays and breaks.")
    early_release: tuple[EarlyRelease, ...] = Field((), description="Days that end early.")
    terms: tuple[Term, ...] = Field((), description="Terms or semesters, for figures that are given by them.")
    testing: tuple[ExamDays, ...] = Field((), description="Testing windows.")
    fiscal_year_starts: Annotated[str, AfterValidator(_known_day_of_year)] = Field(
        "07-01", description="Month and day, for example 07-01."
    )

    @model_validator(mode="after")
    def _years_apart(self) -> Self:
        years = sorted(self.years, key=lambda year: year.first_day)
        for earlier, later in pairwise(years):
            if later.first_day <= earlier.last_day:
                raise ValueError(f"years: {earlier.name} and {later.name} overlap; mend their first or last day")
        return self
