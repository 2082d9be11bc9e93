"""The packet as plain data: everything that any edition may show, each piece labelled with who may see it.

A `Packet` is composed once, frozen as JSON and never changed; editions are cut from it by `firstbell.packet.audience`
and drawn by `firstbell.packet.render`. Text here is finished: sentences are made by `firstbell.packet.wording`, so a
template only lays out. What all pieces share stands in `parts`, what any part is made of in `pieces`, the appendix in
`appendix_model`; all of it is imported from here.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar, Literal

from firstbell.kpi import Light
from firstbell.packet.appendix_model import Appendix, Criterion, Figure, IndicatorRow, SourceRow, Term
from firstbell.packet.parts import Audience, Classed, IncidentOnly, Individual, Part, Public, Team
from firstbell.packet.pieces import Chart, ChartSeries, Column, Line, Point, Row, Table, Trend

__all__ = [
    "Action",
    "Appendix",
    "Audience",
    "Change",
    "Chart",
    "ChartSeries",
    "Classed",
    "Column",
    "Cover",
    "Criterion",
    "Decision",
    "Figure",
    "Heading",
    "IncidentLine",
    "IndicatorRow",
    "LightLine",
    "LightStatement",
    "Line",
    "Packet",
    "Part",
    "Point",
    "PublicFigure",
    "Row",
    "Section",
    "SourceRow",
    "Table",
    "Term",
    "Trend",
]


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
