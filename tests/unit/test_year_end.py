"""The board's year-end page: first against last printed packet, cut by edition, nothing counted anew."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pdfua
import pikepdf
import pytest
from typer.testing import CliRunner

from firstbell.assessment.instrument import load_instrument
from firstbell.cli import app
from firstbell.kpi import Light
from firstbell.packet.model import Audience, Figure, Heading, LightLine, Packet, Trend
from firstbell.store.packets import save_packet
from firstbell.store.save import save_district
from firstbell.workplace import Workplace
from firstbell.year_end import BOARD_EDITIONS, YearEnd, YearEndError, YearGoal, composed, school_year, year_end
from firstbell.year_end_files import write_year_end
from firstbell.year_end_page import MOST_PAGES, year_end_html, year_end_pdf
from tests.unit.pdf_text import hidden_text, pages_text
from tests.unit.team_workplace import Watch, opened

SUMMER = datetime(2027, 6, 15, 15, tzinfo=UTC)
SEPTEMBER, DECEMBER, MAY = (datetime(*day, 12, tzinfo=UTC) for day in ((2026, 9, 1), (2026, 12, 1), (2027, 5, 4)))
PLAN_GOALS = ("Lessons run", "Services answer")


def figure(key: str, value: float | None, **fields: object) -> Figure:
    plain = Figure(key=key, title=f"Figure {key}", value=value, unit="points", method="m", audience=Audience.TEAM)
    return plain.model_copy(update=fields)


def packet(as_of: datetime, *figures: Figure, light: Light = Light.MISSED) -> Packet:
    heading = Heading(district="Lakeside Schools", team="Technology leadership team", time_zone="America/Chicago")
    lights = (
        LightLine(area="Services", light=light),
        LightLine(area="Security", light=light, audience=Audience.SECURITY, neutral="Checked every night."),
    )
    return Packet(as_of=as_of, known_at=as_of, heading=heading, figures=figures, lights=lights)


def keep(work: Workplace, found: Packet, stage: str = "final", team: str = "leadership") -> None:
    assert found.as_of is not None
    with work.store.begin() as connection:
        save_packet(
            connection,
            team_key=team,
            meeting_key=f"monthly/{found.as_of:%Y-%m-%dT%H:%MZ}",
            stage=stage,
            snapshot=found.model_dump_json(),
            composed_at=found.as_of,
            as_of=found.as_of,
            known_at=found.as_of,
            district_hash=save_district(connection, work.district.canonical_json, found.as_of),
        )


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Workplace]:
    with opened(tmp_path, Watch(SUMMER)) as found:
        yield found


def told(work: Workplace) -> None:
    """A year of three packets, drafts, another team's and another year's."""
    secret = figure("SA-03", 3, audience=Audience.SECURITY)
    keep(work, packet(datetime(2026, 5, 5, 12, tzinfo=UTC), figure("IP-01", 1)))
    keep(work, packet(SEPTEMBER, figure("IP-01", 40), figure("GP-01", 7), secret))
    keep(work, packet(DECEMBER, figure("IP-01", 99)))
    keep(work, packet(MAY, figure("IP-01", 60), figure("GP-01", 7), figure("TI-01", 5), secret, light=Light.CLOSE))
    keep(work, packet(datetime(2027, 5, 20, 12, tzinfo=UTC), figure("IP-01", 0)), "draft")
    keep(work, packet(datetime(2027, 5, 21, 12, tzinfo=UTC), figure("IP-01", 0)), team="oak_team")


def figures(page: YearEnd) -> dict[str, tuple[str, str, Trend | None]]:
    return {one.title: (one.first, one.last, one.trend) for goal in page.goals for one in goal.figures}


def test_the_years_first_printed_packet_against_its_last(work: Workplace) -> None:
    told(work)
    page = year_end(work, "leadership", "", "leadership")
    assert page.year == "2026-27"
    assert page.sentences[0] == (
        "3 packets were made for the Technology leadership team in 2026-27, the first on 1 Sep 2026, the last on "
        "4 May 2027."
    )
    assert (page.goals[0].title, page.goals[0].objectives) == (PLAN_GOALS[0], PLAN_GOALS[1:])
    assert figures(page) == {
        "Figure IP-01": ("40 points", "60 points", Trend.BETTER),
        "Figure GP-01": ("7 points", "7 points", Trend.SAME),
    }
    assert [(one.title, one.first, one.last) for one in page.areas] == [
        ("Services", Light.MISSED, Light.CLOSE),
        ("Security", Light.MISSED, Light.CLOSE),
    ]


def test_another_method_is_said_and_not_compared(work: Workplace) -> None:
    keep(work, packet(SEPTEMBER, figure("IP-01", 40, policy_hash="old"), figure("GP-02", None)))
    keep(work, packet(MAY, figure("IP-01", 60, policy_hash="new"), figure("GP-02", 3), figure("GP-03", None)))
    page = year_end(work, "leadership", "2026-27", "leadership")
    assert figures(page) == {
        "Figure IP-01": ("40 points", "60 points", None),
        "Figure GP-02": ("not known", "3 points", None),
        "Figure GP-03": ("not printed", "not known", None),
    }
    assert "Counted in another way since the first packet, so not compared: Figure IP-01." in page.notes


def test_a_share_of_answers_is_told_in_percent_and_not_as_people(work: Workplace) -> None:
    """Three questions to 331 people give 961 answers; the page for the public says how many people replied."""
    answers = {"unit": "ratio", "denominator": 961.0, "method": "answers", "n": 331}
    key = next(one.id for one in load_instrument().indicators if one.formula == "survey_favourable")
    ends = tuple(
        packet(at, figure(key, good / 961, numerator=float(good), **answers))
        for at, good in ((SEPTEMBER, 480), (MAY, 631))
    )
    goals = [{"title": "Heard", "objectives": [{"title": "Asked", "indicators": [key]}]}]
    year = school_year(work.district, "2026-27", MAY.date())
    for edition in BOARD_EDITIONS:
        page = composed(year, edition, (ends[0], ends[1]), 2, goals, frozenset({key}), work.district)
        assert figures(page) == {f"Figure {key}": ("50 %, 331 replied", "66 %, 331 replied", Trend.BETTER)}


def test_a_figure_that_went_is_named(work: Workplace) -> None:
    keep(work, packet(SEPTEMBER, figure("IP-01", 40), figure("TI-02", 3)))
    keep(work, packet(MAY, figure("IP-01", 60)))
    page = year_end(work, "leadership", "2026-27", "leadership")
    assert "Printed in the first packet and not in the last: Figure TI-02." in page.notes


def public(work: Workplace, *indicators: str) -> YearEnd:
    plan = work.district.plan.model_copy(update={"public_figures": indicators})
    return year_end(replace(work, district=replace(work.district, plan=plan)), "leadership", "2026-27", "public")


def test_the_public_sees_what_the_board_named_and_nothing_of_security(work: Workplace) -> None:
    told(work)
    some = public(work, "IP-01", "SA-03")
    assert list(figures(some)) == ["Figure IP-01"]
    assert some.areas == ()
    assert {one.light for goal in some.goals for one in goal.figures} == {None}
    nothing = public(work)
    assert figures(nothing) == {}
    assert nothing.goals[0].title == PLAN_GOALS[0]
    assert "No figure was made public" in " ".join(nothing.sentences)
    for page in (some, nothing):
        for text in (year_end_html(page), pages_text(year_end_pdf(page)), hidden_text(year_end_pdf(page))):
            assert not any(secret in text for secret in ("SA-03", "GP-01", "MISSED", "CLOSE"))


def test_security_stays_out_of_the_public_page_even_where_a_goal_and_the_board_name_it(work: Workplace) -> None:
    secret = figure("SA-03", 3, audience=Audience.SECURITY)
    ends = (packet(SEPTEMBER, figure("IP-01", 40), secret), packet(MAY, figure("IP-01", 60), secret))
    goals = [{"title": "Safe", "objectives": [{"title": "Kept", "indicators": ["IP-01", "SA-03"]}]}]
    year = school_year(work.district, "2026-27", MAY.date())
    named = frozenset({"IP-01", "SA-03"})
    shown = {
        edition: list(figures(composed(year, edition, ends, 2, goals, named, work.district)))
        for edition in BOARD_EDITIONS
    }
    assert shown == {"leadership": ["Figure IP-01", "Figure SA-03"], "public": ["Figure IP-01"]}


def test_an_edition_in_spanish_reads_its_packets_in_spanish(work: Workplace) -> None:
    for as_of, value in ((SEPTEMBER, 40), (MAY, 60)):
        plain = packet(as_of, figure("IP-01", value))
        heading = plain.heading.model_copy(update={"language": "es"})
        spanish = packet(as_of, figure("IP-01", value, title="Servicios")).model_copy(update={"heading": heading})
        keep(work, plain.model_copy(update={"translations": (spanish,)}))
    about = work.district.about
    told_in = about.packet.model_copy(update={"languages": {"public": "es"}})
    district = replace(work.district, about=about.model_copy(update={"packet": told_in}))
    page = public(replace(work, district=district), "IP-01")
    assert figures(page) == {"Servicios": ("40 puntos", "60 puntos", Trend.BETTER)}
    html = year_end_html(page)
    assert '<html lang="es">' in html
    assert "mejor" in html


def test_one_packet_stands_at_both_ends(work: Workplace) -> None:
    keep(work, packet(MAY, figure("IP-01", 60)))
    page = year_end(work, "leadership", "2026-27", "leadership")
    assert page.sentences[0].startswith("One packet was made")
    assert figures(page) == {"Figure IP-01": ("60 points", "60 points", Trend.SAME)}


def test_a_year_without_packets_or_without_a_name_is_a_sentence(work: Workplace) -> None:
    with pytest.raises(YearEndError, match="has no packet of 2026-27"):
        year_end(work, "leadership", "2026-27", "leadership")
    with pytest.raises(YearEndError, match="it has 2025-26, 2026-27"):
        year_end(work, "leadership", "2031-32", "leadership")


def test_both_forms_are_written_tagged_and_the_same_again(work: Workplace) -> None:
    told(work)
    written = write_year_end(work, "leadership")
    assert {path.name for path in written} == {"leadership.pdf", "leadership.html", "public.pdf", "public.html"}
    before = [path.read_bytes() for path in written]
    assert [path.read_bytes() for path in write_year_end(work, "leadership")] == before
    html = (written[0].parent / "leadership.html").read_text()
    assert html.count('scope="row"') == 4
    assert "http" not in html
    with pikepdf.open(io.BytesIO(before[0])) as opened_pdf:
        assert opened_pdf.Root.MarkInfo.Marked
        assert str(opened_pdf.Root.Lang) == "en"
    for path in written:
        if path.suffix == ".pdf":
            assert list(pdfua.validate(str(path)).findings) == []
    text = pages_text(before[0]).replace(" ", "")
    for words in ("TechnologyintheSchoolyear2026-27".casefold(), "lessonsrun", "40points", "60points", "better"):
        assert words in text.casefold()


def test_a_plan_of_any_size_keeps_to_two_pages_and_counts_what_it_leaves_out(work: Workplace) -> None:
    told(work)
    page = year_end(work, "leadership", "2026-27", "leadership")
    one = page.goals[0].figures[0]
    big = YearGoal(title="Goal " * 12, objectives=("An objective " * 9,) * 9, figures=(one,) * 30)
    pdf = year_end_pdf(replace(page, goals=(big,) * 20))
    with pikepdf.open(io.BytesIO(pdf)) as opened_pdf:
        assert len(opened_pdf.pages) <= MOST_PAGES
    assert "notprintedhere" in pages_text(pdf).replace(" ", "")
    assert year_end_html(replace(page, goals=(big,) * 20)).count("40 points") == 600


def test_the_command_says_what_is_missing(tmp_path: Path) -> None:
    start = (
        *("init", "--non-interactive", "--name", "Cedar Valley", "--zone", "America/Chicago", "--school", "Oak"),
        *("--meeting", "2030-01-10 16:00", "--repeats", "once", "--mail", "files"),
        *("--reader", "Ada Long <ada@example.org> team_leader"),
    )
    where = {"FIRSTBELL_DISTRICT": str(tmp_path / "district"), "FIRSTBELL_STATE": str(tmp_path / "state")}
    told = {**where, "FIRSTBELL_DATABASE": None}
    assert CliRunner().invoke(app, start, env=told).exit_code == 0
    done = CliRunner().invoke(app, ["year-end"], env=told)
    assert done.exit_code == 2
    assert "has no packet of" in done.output
