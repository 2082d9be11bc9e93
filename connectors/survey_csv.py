"""Surveys from a CSV: counts that somebody made already, or the raw export of a form, counted while it is read.

A raw export has a row per reply and a column per question, answered in words of agreement or 1 to 5. Replies are
counted and dropped: no reply, time stamp, address or comment is kept, and only the columns that the settings name are
looked at. "Don't know" and empty cells count as `no_answer`.

Groups below `small_group_minimum` are hidden before anything is stored: a school with fewer answers to a question is
counted in the district's figure only, and so is the next smallest school where one alone could be found by
subtraction. A group that is too small in the whole district is left out.

Least access: read the files or links. Limits: who was invited is only known where settings or a column say so; the
district's figure of a group is all its replies, unless a counted file gives its own row for the district.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from datetime import date
from typing import Literal

from pydantic import Field

from connectors._base import Complete, Connector, FetchRequest, SourceSettings, Stream, StreamMode, Yielded
from connectors._cells import whole
from connectors._files import LOCATION, find
from connectors._rows import Row, parsed
from connectors._survey import Cell, Key, Tally, hide_small_groups
from connectors._table import Columns, Table, TableSettings, Wanted, open_table
from firstbell.records import SurveyCounts

_ANSWERS = {
    1: ("1", "strongly disagree", "very dissatisfied", "never", "very poor"),
    2: ("2", "disagree", "dissatisfied", "rarely", "poor"),
    3: ("3", "neutral", "neither agree nor disagree", "undecided", "sometimes", "fair"),
    4: ("4", "agree", "satisfied", "often", "good"),
    5: ("5", "strongly agree", "very satisfied", "always", "very good"),
}
_NO_ANSWER = frozenset(
    {"", "-", "na", "n/a", "not applicable", "don't know", "don\u2019t know", "do not know", "no opinion"}
    | {"prefer not to say", "not sure", "0"}
)


class SurveyColumns(Columns):
    """The headings of a file of counts; of a raw export only `group` and `school` are used."""

    question: str = Field("Question|Question Key|Item", description="Which question a row is about.")
    group: str = Field("Group|Role|Audience", description="Which group answered.")
    school: str = Field("School|Scope|Building|Site", description="Which school; district or empty means all.")
    count_1: str = Field("1|Count 1|Strongly Disagree", description="Count of the least favourable answer.")
    count_2: str = Field("2|Count 2|Disagree", description="Count of the second answer.")
    count_3: str = Field("3|Count 3|Neutral", description="Count of the middle answer.")
    count_4: str = Field("4|Count 4|Agree", description="Count of the fourth answer.")
    count_5: str = Field("5|Count 5|Strongly Agree", description="Count of the most favourable answer.")
    no_answer: str = Field("No Answer|Don't Know|NA", description="Count of those who replied and gave none.")
    invited: str = Field("Invited|Sent|Population", description="How many were asked.")


class Question(SourceSettings):
    """One question that is counted."""

    key: str = Field(min_length=1, description="Short name, the same in every wave.")
    text: str = Field(
        "", description="Its heading in a raw export, or its name in a counted file; empty means the key."
    )
    reverse: bool = Field(False, description="True where agreeing is unfavourable; its counts are turned round.")


class Wave(TableSettings):
    """One wave of one survey: one file."""

    file: str = Field(description=LOCATION)
    survey: str = Field(min_length=1, description="The survey's short name, the same in every wave.")
    wave: str = Field(min_length=1, description="The wave, for example 2026-fall.")
    fielded_on: date = Field(description="The last day on which people could answer.")
    form: Literal["raw", "counts"] = Field("raw", description="raw: a row per reply; counts: counted already.")
    columns: SurveyColumns = Field(SurveyColumns(), description="Headings that differ from the usual ones.")
    questions: tuple[Question, ...] = Field(min_length=1, description="The questions; other columns are not read.")
    group: str = Field("", description="The group of every row, where the file has no column for it.")
    groups: dict[str, str] = Field({}, description="The file's words for groups, mapped to group keys such as staff.")
    schools: dict[str, str] = Field({}, description="The file's school names, mapped to our school keys.")
    answers: dict[str, int] = Field({}, description="Answer words mapped to 1 (least) to 5 (most favourable).")
    invited: dict[str, int] = Field({}, description="How many were asked, by group or by group/school.")


class SurveyCsv(Connector):
    """Counts of survey answers."""

    title = "Survey (CSV)"
    docs_url = "https://support.google.com/docs/answer/139706"
    streams = (Stream("answers", SurveyCounts, StreamMode.REPLACE),)
    least_privilege = "Read access to the export; let the form collect no names and no addresses."
    checked_against = "files written for the tests in the shape of a form's export; no vendor's own export"

    class Settings(SourceSettings):
        waves: tuple[Wave, ...] = Field(min_length=1, description="The waves that are kept, old ones too.")
        small_group_minimum: int = Field(10, ge=1, description="Below so many answers a group is not stored.")

    settings: Settings

    def check(self) -> str:
        with ExitStack() as stack:
            tables = [self._open(wave, stack) for wave in self.settings.waves]
            rows = sum(_Counter(wave).count(table) for wave, table in tables)
            return f"{rows:,} rows can be read from {', '.join(table.described() for _, table in tables)}."

    def fetch(self, request: FetchRequest) -> Iterator[Yielded]:  # noqa: ARG002 - the files are always read anew
        found: list[SurveyCounts] = []
        with ExitStack() as stack:
            for wave, table in [self._open(wave, stack) for wave in self.settings.waves]:
                counter = _Counter(wave)
                counter.count(table)
                found += counter.records(self.settings.small_group_minimum)
        yield from found
        yield Complete("answers")

    def _open(self, wave: Wave, stack: ExitStack) -> tuple[Wave, Table]:
        file = stack.enter_context(find(wave.file, self.context))
        return wave, open_table(file, wave, self.context, _columns(wave))


class _Counter:
    """Counts one file; keeps numbers and nothing else."""

    def __init__(self, wave: Wave) -> None:
        self._wave = wave
        self._tally = Tally()
        self._groups = _folded(wave.groups)
        self._schools = _folded(wave.schools)
        self._answers = {word: value for value, words in _ANSWERS.items() for word in words} | {
            word.casefold(): value for word, value in wave.answers.items()
        }

    def count(self, table: Table) -> int:
        """Count every row and return how many there were; BadReplyError when one cannot be read."""
        parse = self._reply if self._wave.form == "raw" else self._counted
        return sum(1 for _ in parsed(table, parse))

    def records(self, minimum: int) -> list[SurveyCounts]:
        """The counts that may be stored, reversed where the question asks for it."""
        wave = self._wave
        reverse = {question.key for question in wave.questions if question.reverse}
        return [
            SurveyCounts(
                survey_key=wave.survey,
                wave=wave.wave,
                group=key.group,
                scope=key.scope,
                question_key=key.question,
                counts=tuple(reversed(cell.counts)) if key.question in reverse else tuple(cell.counts),
                no_answer=cell.no_answer,
                invited=cell.invited if cell.invited is not None else self._invited(key),
                fielded_on=wave.fielded_on,
            )
            for key, cell in hide_small_groups(self._tally, minimum)
        ]

    def _invited(self, key: Key) -> int | None:
        place = key.group if key.scope == "district" else f"{key.group}/{key.scope.removeprefix('school:')}"
        return self._wave.invited.get(place)

    def _reply(self, row: Row) -> Iterable[None]:
        group, scope = self._group(row), self._scope(row)
        values = [self._answer(row, f"question_{at}") for at in range(len(self._wave.questions))]
        for question, value in zip(self._wave.questions, values, strict=True):
            self._tally.add(Key(group, scope, question.key), value)
        yield None

    def _counted(self, row: Row) -> Iterable[None]:
        names = {plain.casefold(): one.key for one in self._wave.questions for plain in (one.key, one.text) if plain}
        question = names.get(row.need_text("question").casefold())
        if question is None:
            raise row.fault("question", "holds a question that `questions` does not list")
        cell = Cell(
            [row.need(f"count_{value}", whole) for value in range(1, 6)],
            row.read("no_answer", whole) or 0,
            row.read("invited", whole),
        )
        key = Key(self._group(row), self._scope(row), question)
        if not self._tally.put(key, cell):
            raise row.fault("question", "repeats an earlier row")
        yield None

    def _answer(self, row: Row, column: str) -> int | None:
        word = row.text(column).casefold()
        if word in self._answers:
            return self._answers[word]
        if word in _NO_ANSWER:
            return None
        raise row.fault(column, "holds an answer that `answers` does not list")

    def _group(self, row: Row) -> str:
        if self._wave.group:
            return self._wave.group
        group = self._groups.get(row.text("group").casefold())
        if group is None:
            raise row.fault("group", "holds a group that `groups` does not list")
        return group

    def _scope(self, row: Row) -> str:
        named = row.text("school").casefold()
        if named in ("", "district", "all"):
            return "district"
        if named not in self._schools:
            raise row.fault("school", "holds a school that `schools` does not list")
        return f"school:{self._schools[named]}"


def _folded(names: Mapping[str, str]) -> dict[str, str]:
    """Words to keys without regard to case; a key also stands for itself."""
    return {key.casefold(): key for key in names.values()} | {name.casefold(): key for name, key in names.items()}


def _columns(wave: Wave) -> dict[str, Wanted]:
    columns = wave.columns.wanted()
    used = {"school"} | (set() if wave.group else {"group"})
    if wave.form == "counts":
        used |= {"question", "no_answer", "invited", *(f"count_{value}" for value in range(1, 6))}
    must = used - {"school", "no_answer", "invited"}
    kept = {name: Wanted(columns[name].headings, columns[name].must or name in must) for name in used}
    if wave.form == "raw":
        for at, question in enumerate(wave.questions):
            kept[f"question_{at}"] = Wanted((question.text or question.key,), must=True)
    return dict(sorted(kept.items()))
