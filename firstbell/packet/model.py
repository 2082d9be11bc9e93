"""The packet as plain data: everything that any edition may show, each piece labelled with who may see it.

A `Packet` is composed once, frozen as JSON and never changed; editions are cut from it by `firstbell.packet.audience`
and drawn by `firstbell.packet.render`. Text here is finished: sentences are made by `firstbell.packet.wording`, so a
template only lays out.

Labels work on two levels. A field's class stands in its annotation (`Public[str]`); a field without a class is never
shown to anybody. A piece whose class depends on its content (a finding may be about lunch menus or about a hole in
the firewall) is a `Classed` part and carries its class in `audience`: the whole piece needs it, on top of the classes
of its fields.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, ClassVar, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

from firstbell.kpi import Light


class Audience(StrEnum):
    """The classes of information."""

    PUBLIC = "public"
    TEAM = "team"
    INDIVIDUAL = "individual"
    """About or for one person: shown on that person's own cover only."""
    SMALL_GROUP = "small_group"
    """About fewer people than the small-group minimum: kept in the snapshot, shown in no edition."""
    LEADERSHIP = "leadership"
    """What those who lead renew or staff: terms, keys, calendars."""
    TECHNICAL = "technical"
    """Names of machines and accounts: for those who mend them."""
    SECURITY = "security"
    INCIDENT = "incident"


Value = TypeVar("Value")
Public = Annotated[Value, Audience.PUBLIC]
Team = Annotated[Value, Audience.TEAM]
Individual = Annotated[Value, Audience.INDIVIDUAL]
SmallGroup = Annotated[Value, Audience.SMALL_GROUP]
Technical = Annotated[Value, Audience.TECHNICAL]
IncidentOnly = Annotated[Value, Audience.INCIDENT]


class Part(BaseModel):
    """Any piece of a packet. Strict and frozen; defaults are what stands there once a field was cut away."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Classed(Part):
    """A piece that is shown as a whole or not at all.

    `STUB` names the fields that stay where the piece is cut, so that item numbers and places are the same in all
    editions; a piece without stub vanishes.
    """

    STUB: ClassVar[tuple[str, ...]] = ()

    audience: Public[Audience] = Audience.TEAM


class Trend(StrEnum):
    """How a figure moved since the last packet, judged by which way is better."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "same"
    NEW = "new"
    UNKNOWN = "unknown"


class Line(Classed):
    """A finished sentence or two. `item` is the figure or fact it speaks of; `note` a person's words of context.

    `weight` says how much it matters where there is not room for all: what is bad or unknown before what is well.
    `times` counts the packets in a row that told it.
    """

    text: Public[str] = ""
    item: Public[str] = ""
    weight: Public[float] = 0
    times: Public[int] = 1
    note: Team[str] = ""
    note_by: Team[str] = ""


class Change(Classed):
    """Something that is not as the last packet printed it. `weight` orders them, heaviest first."""

    trend: Public[Trend] = Trend.SAME
    text: Public[str] = ""
    item: Public[str] = ""
    section: Public[int] = 0
    weight: Public[float] = 0
    note: Team[str] = ""
    note_by: Team[str] = ""


class Decision(Classed):
    """A decision that a person confirmed for this meeting.

    `number` is the same in all editions; where the piece is cut, `neutral` stands in its place.
    """

    STUB: ClassVar[tuple[str, ...]] = ("number", "neutral")

    number: Public[int] = 0
    neutral: Public[str] = ""
    title: Team[str] = ""
    options: Team[tuple[str, ...]] = ()
    recommendation: Team[str] = ""
    cost: Team[str] = ""
    decider: Team[str] = ""
    needed_by: Team[str] = ""


class LightLine(Classed):
    """One of the five lights. `statements` are counts first, each with its goal and its trend.

    Where the piece is cut, `area` and `neutral` (a fixed sentence) stay.
    """

    STUB: ClassVar[tuple[str, ...]] = ("area", "neutral")

    area: Public[str] = ""
    neutral: Public[str] = ""
    light: Team[Light] = Light.NOT_KNOWN
    statements: Team[tuple[LightStatement, ...]] = ()


class LightStatement(Classed):
    """A must-measure or the leading figure of a light."""

    text: Public[str] = ""
    goal: Public[str] = ""
    trend: Public[Trend] = Trend.UNKNOWN


class Action(Classed):
    """An action item. Owners show as roles; one's own actions stand on one's own cover."""

    number: Public[str] = ""
    title: Team[str] = ""
    owner: Team[str] = ""
    due_on: Team[date | None] = None
    new_due_on: Team[date | None] = None
    days_late: Team[int] = 0
    times_moved: Team[int] = 0
    state: Team[str] = ""


class Column(Part):
    """A table's column; `numeric` ones are set flush right."""

    title: Public[str] = ""
    numeric: Public[bool] = False


class Row(Classed):
    """A table's row: one finished text a column; `light` where the row has a verdict."""

    cells: Public[tuple[str, ...]] = ()
    light: Public[Light | None] = None


class Table(Classed):
    """A table with a caption that says what to see in it."""

    caption: Public[str] = ""
    columns: Public[tuple[Column, ...]] = ()
    rows: Public[tuple[Row, ...]] = ()
    left_out: Public[int] = 0
    """Rows that were left out for room; they are counted in print."""


class Point(Part):
    """One value of a chart. A None is drawn as a gap, never as zero. Neighbours of one `group` stand together.

    `partly`: part of its time is not known, so the value may be too good.
    """

    label: Public[str] = ""
    group: Public[str] = ""
    value: Public[float | None] = None
    partly: Public[bool] = False


class ChartSeries(Classed):
    """One line or one set of bars; `finding` is what it adds to the chart's own finding, in its edition alone."""

    name: Public[str] = ""
    finding: Public[str] = ""
    points: Public[tuple[Point, ...]] = ()


class Chart(Classed):
    """A drawing and what it shows in words: `alternative` says the finding, not the form."""

    kind: Public[Literal["bars", "line", "sparkline", "gap", "days"]] = "bars"
    title: Public[str] = ""
    alternative: Public[str] = ""
    unit: Public[str] = ""
    series: Public[tuple[ChartSeries, ...]] = ()
    target: Public[float | None] = None
    band_from: Public[float | None] = None
    band_to: Public[float | None] = None
    """Between which values a line should stay, where its target is not a single one."""


class Section(Part):
    """One item of the standing agenda. One with nothing to say is one line, `quiet`.

    One that says what the last packet said is `unchanged`: it is printed as its `quiet` line, and what it holds stands
    in the appendix.
    """

    number: Public[int] = 0
    title: Public[str] = ""
    owner: Public[str] = ""
    quiet: Public[str] = ""
    unchanged: Public[bool] = False
    sentences: Team[tuple[Line, ...]] = ()
    tables: Team[tuple[Table, ...]] = ()
    charts: Team[tuple[Chart, ...]] = ()
    questions: Team[tuple[Line, ...]] = ()
    incidents: IncidentOnly[tuple[IncidentLine, ...]] = ()


class IncidentLine(Classed):
    """An incident. Until it is released, only the named roles see it."""

    text: IncidentOnly[str] = ""
    released_on: IncidentOnly[date | None] = None
    reader_roles: IncidentOnly[tuple[str, ...]] = ()


class Cover(Part):
    """What is said to one person alone: the FOR YOU lines, one's own actions, incidents one is named for."""

    person_key: Individual[str] = ""
    greeting: Individual[str] = ""
    decides: Individual[tuple[int, ...]] = ()
    actions: Individual[tuple[Action, ...]] = ()
    incidents: Individual[tuple[IncidentLine, ...]] = ()
    own: Individual[tuple[str, ...]] = ()
    """Figures that are nobody else's business, such as a leader's hours."""


class IndicatorRow(Classed):
    """One indicator in the appendix, with everything needed to doubt it."""

    code: Public[str] = ""
    title: Public[str] = ""
    light: Team[Light] = Light.NOT_KNOWN
    value: Team[str] = ""
    target: Team[str] = ""
    basis: Public[str] = ""
    numerator: Team[str] = ""
    denominator: Team[str] = ""
    missing: Team[str] = ""
    window: Team[str] = ""
    sources: Team[str] = ""
    as_of: Team[str] = ""
    method: Public[str] = ""
    trend: Team[Trend] = Trend.UNKNOWN
    priority: Team[float | None] = None


class Criterion(Classed):
    """One of the assessment's areas with its score and how much of it is covered."""

    title: Public[str] = ""
    score: Team[str] = ""
    coverage: Team[str] = ""
    indicators: Team[tuple[IndicatorRow, ...]] = ()


class SourceRow(Classed):
    """Where figures come from and how fresh it is. `error` is the sentence of a failed read: it may name machines."""

    title: Public[str] = ""
    read_at: Team[str] = ""
    state: Team[str] = ""
    error: Technical[str] = ""
    owner: Team[str] = ""
    feeds: Public[str] = ""


class Term(Part):
    word: Public[str] = ""
    meaning: Public[str] = ""


class Appendix(Part):
    """The needs assessment by its criteria, the method and the freshness: the second file."""

    criteria: Team[tuple[Criterion, ...]] = ()
    needs: Team[tuple[Row, ...]] = ()
    strengths: Team[tuple[Line, ...]] = ()
    not_collected: Team[tuple[Line, ...]] = ()
    sources: Team[tuple[SourceRow, ...]] = ()
    method: Public[tuple[Line, ...]] = ()
    never_used_for: Public[str] = ""
    glossary: Public[tuple[Term, ...]] = ()


class Figure(Classed):
    """A figure with its whole evidence, for the file beside the packet. Fields as in `firstbell.kpi.Kpi`."""

    key: Public[str] = ""
    title: Public[str] = ""
    value: Public[float | None] = None
    unit: Public[str] = ""
    numerator: Public[float | None] = None
    denominator: Public[float | None] = None
    n: Public[int] = 0
    missing: Public[float] = 0
    window_start: Public[datetime | None] = None
    window_end: Public[datetime | None] = None
    as_of: Public[datetime | None] = None
    sources: Public[tuple[str, ...]] = ()
    method: Public[str] = ""
    policy_hash: Public[str] = ""
    availability: Public[str] = ""
    reason: Public[str] = ""
    light: Public[Light | None] = None


class PublicFigure(Classed):
    """A figure as everybody may read it; `value` says why where it is not known.

    `judged`: the team adopted a goal, or it holds by itself. `reached` is the share of the way to the goal, 0 to 1.
    """

    title: Public[str] = ""
    value: Public[str] = ""
    goal: Public[str] = ""
    light: Public[Light] = Light.NOT_KNOWN
    as_of: Public[str] = ""
    judged: Public[bool] = False
    reached: Public[float | None] = None


class Heading(Part):
    """What stands on top: who, when, up to when, compared with what."""

    district: Public[str] = ""
    sample: Public[bool] = False
    team: Public[str] = ""
    meeting: Public[str] = ""
    meeting_at: Public[datetime | None] = None
    meeting_text: Public[str] = ""
    place: Team[str] = ""
    facts_until: Public[str] = ""
    compared_with: Public[str] = ""
    stage: Public[Literal["draft", "final", "addendum"]] = "draft"
    alone: Public[bool] = False
    """Whether this draft is all that is written for the meeting: no packet follows it, and nobody approves it."""
    review: Team[str] = ""
    """In a draft: when the packet goes out, and how to approve, hold, confirm and drop."""
    revision: Public[int] = 1
    logo: Public[str] = ""
    """The district's checked logo as one SVG text; see `firstbell.packet.logo`."""
    page: Public[Literal["letter", "a4"]] = "letter"
    language: Public[str] = "en"
    time_zone: Public[str] = "UTC"


class Packet(Part):
    """All of one packet. Keys name it: team, meeting, stage, revision."""

    team_key: Public[str] = ""
    meeting_key: Public[str] = ""
    as_of: Public[datetime | None] = None
    known_at: Public[datetime | None] = None
    heading: Public[Heading] = Heading()
    covers: Individual[tuple[Cover, ...]] = ()
    decisions: Public[tuple[Decision, ...]] = ()
    changes: Team[tuple[Change, ...]] = ()
    lights: Public[tuple[LightLine, ...]] = ()
    lights_adopted: Public[str] = ""
    actions_due: Team[str] = ""
    """For example "9 actions were due: 6 done, 3 late"."""
    actions_unknown: Team[str] = ""
    """Which trackers of action items are not read, so that the list may lack some of them."""
    overdue: Team[tuple[Action, ...]] = ()
    unknowns: Team[tuple[Line, ...]] = ()
    corrections: Team[tuple[Line, ...]] = ()
    minutes_missing: Team[str] = ""
    security_sentence: Public[str] = ""
    """The fixed monthly sentence on security for those who do not see the findings."""
    closing: Public[str] = ""
    sections: Public[tuple[Section, ...]] = ()
    appendix: Team[Appendix] = Appendix()
    figures: Team[tuple[Figure, ...]] = ()
    public_figures: Public[tuple[PublicFigure, ...]] = ()
    translations: tuple[Packet, ...] = ()
    """The same packet in the other languages that its readers read. It has no class: an edition is cut from one of
    them, see `firstbell.packet.audience.in_language`."""


for _forward in (LightLine, Section, Cover, Packet):
    _forward.model_rebuild()
