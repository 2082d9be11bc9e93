"""From a meeting's material to its packet: every section by rules, nothing invented, nothing fetched."""

from __future__ import annotations

from firstbell.packet import agenda_backups as backups
from firstbell.packet import agenda_compliance as compliance
from firstbell.packet import agenda_desk as desk
from firstbell.packet import agenda_services as services
from firstbell.packet import summary
from firstbell.packet.agenda_calendar import with_calendar
from firstbell.packet.agenda_endings import endings_table
from firstbell.packet.agenda_form import formed
from firstbell.packet.agenda_groups import group_table
from firstbell.packet.agenda_intake import with_items
from firstbell.packet.agenda_monitors import monitor_table
from firstbell.packet.agenda_next import next_section
from firstbell.packet.agenda_outages import outage_table
from firstbell.packet.agenda_people import feedback_section, ideas_section
from firstbell.packet.agenda_plan import actions_section, plan_events, projects_section
from firstbell.packet.agenda_service_table import service_table
from firstbell.packet.agenda_vantages import vantage_lines
from firstbell.packet.appendix import appendix
from firstbell.packet.baseline import corrections
from firstbell.packet.changes import changes
from firstbell.packet.figures import audience_of, evidence
from firstbell.packet.material import Material
from firstbell.packet.model import Figure, IncidentLine, Line, Packet, Section
from firstbell.packet.public_figures import public_figures
from firstbell.packet.service_charts import service_charts
from firstbell.packet.session import summer
from firstbell.packet.unknowns import actions_unknown, silent_line, told_again, unknowns
from firstbell.records import VendorIncident


def compose(material: Material) -> Packet:
    """The whole packet of one team and meeting. The same material gives an equal packet."""
    found = services.watched(material)
    events = (
        *services.service_events(material, found),
        *backups.backup_events(material),
        *plan_events(material),
    )
    shown, incidents = summary.decisions(material), summary.incident_lines(material)
    return Packet(
        team_key=material.team.key,
        meeting_key=material.occasion.meeting_key,
        as_of=material.as_of,
        known_at=material.known_at,
        heading=summary.heading(material),
        covers=summary.covers(material, shown, incidents),
        decisions=shown,
        changes=changes(material, events),
        lights=summary.lights(material),
        lights_adopted=summary.lights_adopted(material),
        actions_due=summary.actions_due(material),
        actions_unknown=actions_unknown(material),
        overdue=summary.overdue(material),
        unknowns=_unknowns(material, found),
        corrections=corrections(material),
        minutes_missing=summary.minutes_missing(material),
        security_sentence=material.wording.say("security_sentence"),
        closing=summary.closing(material),
        sections=tuple(
            formed(material, with_items(section, material), events)
            for section in (
                actions_section(material),
                projects_section(material),
                _infrastructure_section(material, found, incidents),
                feedback_section(material),
                with_calendar(ideas_section(material), material),
                next_section(material),
            )
        ),
        appendix=appendix(material),
        figures=_figures(material),
        public_figures=public_figures(material),
    )


def _unknowns(material: Material, found: list[services.Watched]) -> tuple[Line, ...]:
    untested, unwatched = backups.never_restored(material), services.unwatched_line(material, found)
    more = (line for line in (untested, unwatched) if line is not None)
    return told_again(material, (*unknowns(material), *more))


def _infrastructure_section(
    material: Material, found: list[services.Watched], incidents: tuple[IncidentLine, ...]
) -> Section:
    """Item 3: services, help desk, vendors' own word; then backups, compliance and incidents for those who may see."""
    words = material.wording
    lines = [
        *services.service_lines_told(material, found),
        *vantage_lines(material),
        *desk.desk_lines(material),
        silent_line(material, "vendors", "vendors", VendorIncident),
        *backups.backup_lines(material),
        *compliance.compliance_lines(material),
    ]
    tables = [
        service_table(material, found) if found and summer(material) is None else None,
        backups.backup_table(material),
        compliance.compliance_table(material),
        endings_table(material),
        desk.desk_table(material),
        group_table(material),
        outage_table(material, found),
        services.vendor_table(material),
        monitor_table(material),
    ]
    charts = [*service_charts(material, found), desk.desk_chart(material)]
    return Section(
        number=3,
        title=words.say("section_3"),
        owner=material.role("it_lead"),
        quiet=""
        if any(lines) or any(tables)
        else words.say(material.own_or_all("no_infrastructure_here", "no_infrastructure")),
        sentences=tuple(line for line in lines if line is not None),
        tables=tuple(table for table in tables if table is not None),
        charts=tuple(chart for chart in charts if chart is not None),
        incidents=incidents,
    )


def _figures(material: Material) -> tuple[Figure, ...]:
    """Every figure that the packet speaks of, with its evidence."""
    results = (
        evidence(result, material.indicators[result.indicator], audience_of(result.area))
        for result in material.assessment.results
    )
    return (*results, *backups.backup_figures(material))
