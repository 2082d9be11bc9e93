"""Packets of a made-up district with any amount of trouble, for the tests of rendering."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from firstbell.kpi import Light
from firstbell.packet.model import (
    Action,
    Appendix,
    Audience,
    Change,
    Chart,
    ChartSeries,
    Column,
    Cover,
    Criterion,
    Decision,
    Figure,
    Heading,
    IndicatorRow,
    LightLine,
    LightStatement,
    Line,
    Packet,
    Point,
    PublicFigure,
    Row,
    Section,
    SourceRow,
    Table,
    Term,
    Trend,
)

AS_OF = datetime(2026, 11, 24, 12, tzinfo=UTC)

DECISIONS = (
    Decision(
        number=1,
        neutral="An item for the technical and leadership members.",
        title="Content filter contract ends 31 Jan.",
        options=("1 year $24,800", "3 years $66,900"),
        recommendation="IT Lead recommends 1 year.",
        decider="Superintendent",
        needed_by="Tue 15 Dec",
    ),
    Decision(
        number=2,
        neutral="An item for the technical and leadership members.",
        title="Move the elementary progress report launch from 11 Jan to 1 Feb?",
        options=("4 of 6 schools are ready",),
        recommendation="Coordinator recommends yes.",
        cost="No cost.",
        decider="Superintendent",
    ),
    Decision(
        number=3,
        neutral="An item for the technical and leadership members.",
        title="Family survey: name an owner, or stop measuring it?",
        recommendation="Nobody has run it since Oct 2025. Missing for the third meeting.",
        decider="whole team",
    ),
)

CHANGES = (
    (
        "worse",
        (
            "Sign-in was down 54 min on Tue 17 Nov (8:10 to 9:04 am) at the high and both middle schools, "
            "1,890 students. Cause: not known."
        ),
        "",
    ),
    ("worse", "Bus routing server: no good backup since 14 Nov (limit 1 day).", "Disk full; new disk arrives 30 Nov."),
    ("worse", "Tickets open more than 10 work days: 41 (23 on 5 Nov).", ""),
    ("better", "Staff with two-step sign-in: 449 of 468 (412 on 5 Nov).", ""),
    ("better", "Finance restore test on 15 Nov: back in 42 min (limit 4 h).", ""),
)

LIGHTS = (
    LightLine(
        area="Classroom use",
        light=Light.CLOSE,
        statements=(LightStatement(text="241 of 284 teachers weekly", goal="goal 247", trend=Trend.BETTER),),
    ),
    LightLine(
        area="Services",
        light=Light.MISSED,
        statements=(LightStatement(text="54 min lost in class hours", goal="limit 30", trend=Trend.WORSE),),
    ),
    LightLine(
        audience=Audience.SECURITY,
        area="Security",
        neutral="Security is checked every night; findings go to the members who answer for them.",
        light=Light.MISSED,
        statements=(
            LightStatement(text="7 of 8 systems backed up in time", trend=Trend.WORSE),
            LightStatement(text="5 of 8 proven by a restore", goal="goal 8", trend=Trend.BETTER),
        ),
    ),
    LightLine(
        area="Feedback",
        light=Light.NOT_KNOWN,
        statements=(LightStatement(text="1 of 3 groups surveyed this year", trend=Trend.SAME),),
    ),
    LightLine(
        area="Budget",
        light=Light.MET,
        statements=(LightStatement(text="42 % used at 40 % of year", goal="limit +-5", trend=Trend.SAME),),
    ),
)

OVERDUE = (
    ("A-11", "Coordinator", "ET leader for Oak Elem.", 18, date(2026, 12, 4)),
    ("A-09", "Superintendent", "sign math app data agreement", 11, None),
    ("A-14", "IT Lead", "written recovery plan", 4, date(2026, 12, 11)),
)

UNKNOWNS = (
    "Help desk after Fri 20 Nov, 6 pm: our login expired. IT Lead renews.",
    (
        "Restores never tested: phones, HR archive, student records (the vendor says its tests pass; letter of Aug "
        "2026; we have not seen one)."
    ),
    "178 of 5,940 class minutes unwatched (3 %): our server, Thu 12 Nov.",
)

COVER = Cover(
    person_key="ruth",
    greeting="Superintendent: You decide 1 and 2. One action of yours is overdue.",
    decides=(1, 2),
    actions=(Action(number="A-09", title="sign math app data agreement", due_on=date(2026, 11, 13), days_late=11),),
)

SECTIONS = (
    (1, "Action items from the previous meeting", "Team Leader"),
    (2, "Projects and initiatives", "Coordinator"),
    (3, "Cybersecurity and infrastructure", "IT Lead"),
    (4, "Feedback", "Principal"),
    (5, "New ideas and challenges", "Librarian"),
    (6, "Next steps", "Team Leader"),
)


PUBLIC_FIGURES = tuple(
    PublicFigure(
        audience=Audience.PUBLIC,
        title=title,
        value=value,
        goal=goal,
        light=light,
        as_of="Tue 24 Nov, 6 am" if light is not Light.NOT_KNOWN else "",
        judged=light is not Light.NO_TARGET,
        reached=reached,
    )
    for title, value, goal, light, reached in (
        ("Services working in class hours", "99.90 %", "goal 99.95 %", Light.CLOSE, 0.89),
        ("Internet speed per student", "1 Mbps", "goal 1 Mbps", Light.MET, 1.0),
        ("Schools whose line can grow", "7 of 9", "goal 9", Light.MISSED, 0.33),
        (
            "Feedback that got an answer",
            "not known. No count of it has reached us yet.",
            "goal 80 %",
            Light.NOT_KNOWN,
            None,
        ),
        ("Devices that work per student", "0.97", "", Light.NO_TARGET, None),
    )
)


def sample(trouble: int = 5, page: str = "letter") -> Packet:
    """A packet with about `trouble` findings: 0 is a quiet month, 5 the model of page one, 200 a very bad one."""
    return Packet(
        team_key="leadership",
        meeting_key="monthly/2026-12-03",
        as_of=AS_OF,
        known_at=AS_OF,
        heading=heading(page),
        covers=(COVER,),
        decisions=tuple(_repeated(DECISIONS, min(3, trouble) if trouble < 20 else trouble // 10)),
        changes=changes(trouble),
        lights=LIGHTS,
        lights_adopted="against targets this team adopted, the newest on 1 Oct 2026",
        actions_due="9 actions were due: 6 done, 3 late" if trouble else "9 actions were due: 9 done, 0 late",
        overdue=overdue(trouble),
        unknowns=tuple(Line(text=UNKNOWNS[place % 3]) for place in range(min(trouble, 3) if trouble < 20 else trouble)),
        corrections=(Line(text="5 Nov said 612 tickets in October; 14 were merged, so 598."),) if trouble else (),
        security_sentence="Security is checked every night; findings go to the members who answer for them.",
        closing="Add an agenda item: reply by Tue 1 Dec.",
        sections=tuple(section(number, title, owner, trouble) for number, title, owner in SECTIONS),
        appendix=appendix(trouble),
        figures=tuple(figure(place) for place in range(12)),
        public_figures=PUBLIC_FIGURES,
    )


def heading(page: str = "letter") -> Heading:
    return Heading.model_validate(
        {
            "district": "Cedar Valley Schools",
            "sample": True,
            "team": "Tech team",
            "meeting": "December meeting",
            "meeting_at": AS_OF + timedelta(days=9),
            "meeting_text": "Thu 3 Dec, 3:30 pm",
            "facts_until": "Facts up to Tue 24 Nov, 6 am.",
            "compared_with": "Compared with the meeting of 5 Nov.",
            "stage": "final",
            "page": page,
        }
    )


def changes(trouble: int) -> tuple[Change, ...]:
    return tuple(
        Change(
            trend=Trend(CHANGES[place % 5][0]),
            text=CHANGES[place % 5][1],
            note=CHANGES[place % 5][2],
            note_by="IT Lead" if CHANGES[place % 5][2] else "",
            weight=trouble - place,
            section=3,
        )
        for place in range(trouble)
    )


def overdue(trouble: int) -> tuple[Action, ...]:
    return tuple(
        Action(
            number=number,
            owner=owner,
            title=title,
            due_on=AS_OF.date() - timedelta(days=late),
            days_late=late,
            new_due_on=due,
        )
        for number, owner, title, late, due in _repeated(OVERDUE, min(3, trouble) if trouble < 20 else trouble)
    )


def section(number: int, title: str, owner: str, trouble: int) -> Section:
    if not trouble:
        return Section(number=number, title=title, owner=owner, quiet="Nothing new since the last meeting.")
    tables = (services_table(trouble), services_table(trouble)) if trouble >= 20 else (services_table(trouble + 3),)
    return Section(
        number=number,
        title=title,
        owner=owner,
        sentences=tuple(
            Line(text=f"{UNKNOWNS[place % 3]} Finding {place + 1} of this section.", note="Under way.", note_by=owner)
            for place in range(max(2, trouble // 6))
        ),
        tables=tables if number in (1, 2, 3) or trouble >= 20 else (),
        charts=charts() if number == 3 else charts()[:1] if number == 4 or trouble >= 20 else (),
        questions=tuple(Line(text=f"Who owns the next step on finding {place + 1}?") for place in range(trouble // 5)),
    )


def services_table(rows: int) -> Table:
    lights = tuple(Light)
    return Table(
        caption="Services, the one that cost most class time first",
        columns=(
            Column(title="Service"),
            Column(title="Class time lost", numeric=True),
            Column(title="Answered in class hours", numeric=True),
            Column(title="Outages", numeric=True),
        ),
        rows=tuple(
            Row(
                cells=(
                    f"Sign-in of school {place + 1}",
                    f"{54 - place % 50} min",
                    f"{99 - place % 9}.25 %",
                    str(place % 7),
                ),
                light=lights[place % len(lights)],
            )
            for place in range(rows)
        ),
    )


def charts() -> tuple[Chart, ...]:
    weeks = tuple(Point(label=f"{day} Nov", value=None if day == 9 else 20 + day * 1.5) for day in range(1, 24, 2))
    schools = ("Oak Elementary", "Pine Elementary", "Cedar Middle", "Valley High")
    days = tuple(Point(label=f"{day} Nov", value=(None, 0, 0, 12, 0, 54)[day % 6]) for day in range(1, 22))
    return (
        Chart(
            kind="line",
            title="Open tickets at the end of each week",
            alternative="Open tickets went from 22 on 1 Nov to 55 now; 9 Nov is not known.",
            series=(ChartSeries(name="Open", points=weeks),),
            target=40,
        ),
        Chart(
            kind="bars",
            title="Teachers who use the gradebook weekly",
            alternative="Valley High leads with 88 %; Cedar Middle is not known.",
            unit="%",
            series=(
                ChartSeries(
                    name="use",
                    points=tuple(
                        Point(label=name, value=None if name.startswith("Cedar") else 61 + 9.0 * place)
                        for place, name in enumerate(schools)
                    ),
                ),
            ),
            target=85,
        ),
        Chart(
            kind="days",
            title="Class time lost by day",
            alternative="Class time was lost on 7 of 21 school days, most on 5 Nov: 54 min.",
            unit="min",
            series=tuple(ChartSeries(name=name, points=days) for name in ("Sign-in", "Student records")),
            target=30,
        ),
        Chart(
            kind="gap",
            title="Needs, the largest first",
            alternative="Restores proven lacks most: 5 of 8.",
            series=(
                ChartSeries(name="need", points=(Point(label="Restores", value=5), Point(label="Owners", value=8))),
            ),
            target=8,
        ),
        Chart(
            kind="sparkline",
            title="Minutes lost a week",
            alternative="Lost minutes rose to 54 in the last week.",
            unit="min",
            series=(ChartSeries(name="lost", points=weeks),),
        ),
    )


def appendix(trouble: int) -> Appendix:
    rows = tuple(
        IndicatorRow(
            code=f"S{place + 1}",
            title="Systems backed up within their limit",
            light=tuple(Light)[place % 5],
            value="7 of 8",
            target="8",
            basis="local decision of 1 Oct 2026",
            numerator="7",
            denominator="8",
            missing="0",
            window="1 to 24 Nov 2026",
            sources="Dump folder",
            as_of="Tue 24 Nov, 6 am",
            method="A system counts when its newest good backup is younger than its limit at the end of the window.",
        )
        for place in range(4 + trouble // 4)
    )
    return Appendix(
        criteria=(
            Criterion(title="Infrastructure", score="71 of 100", coverage="9 of 11 indicators", indicators=rows),
            Criterion(title="Feedback", score="", coverage="0 of 4 indicators"),
        ),
        needs=tuple(
            Row(cells=("1", "Restores proven", "5 of 8", "goal 8", "0.62", "must"), light=Light.MISSED)
            for _ in range(3 + trouble // 20)
        ),
        strengths=(Line(text="Every certificate is renewed in time."),),
        not_collected=(Line(text="Family survey: no source; the team has not decided whether to run it."),),
        sources=(
            SourceRow(
                title="Request tracker",
                read_at="Fri 20 Nov, 6 pm",
                state="login expired",
                owner="IT Lead",
                feeds="help desk",
            ),
            SourceRow(title="Dump folder", read_at="Tue 24 Nov, 6 am", state="read", owner="IT Lead", feeds="backups"),
        ),
        method=(Line(text="Time that no observation covers is left out and reported as missing."),),
        never_used_for="These figures are never used to rate individual members of staff.",
        glossary=(
            Term(word="Class hours", meaning="The hours in which classes are held, by the school calendar."),
            Term(word="Not known", meaning="No source answered; it is neither good nor bad."),
        ),
    )


def figure(place: int) -> Figure:
    return Figure(
        key=f"figure-{place}",
        title="Systems backed up within their limit",
        value=0.875,
        unit="ratio",
        numerator=7,
        denominator=8,
        n=8,
        window_start=AS_OF - timedelta(days=23),
        window_end=AS_OF,
        as_of=AS_OF,
        sources=("dump_folder",),
        method="share of systems",
        availability="measured",
        light=Light.CLOSE,
    )


def _repeated(pieces: tuple[Any, ...], count: int) -> list[Any]:
    return [pieces[place % len(pieces)] for place in range(count)]
