"""What people attest: controls with their evidence, restore tests, agreements and the incident register."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from examples.lakeside.timeline import Timeline

Row = Mapping[str, Any]

CONTROLS: Sequence[tuple[str, str, int, int | None, str]] = (
    ("ferpa", "ferpa_annual_notice", -80, 285, "annual-notice.txt"),
    ("ferpa", "ferpa_directory_information", -80, 285, "annual-notice.txt"),
    ("ferpa", "ferpa_vendor_agreements", -140, 48, "agreement-register.txt"),
    ("coppa", "coppa_vendor_statement", -120, 245, "vendor-statement.txt"),
    ("cipa", "cipa_policy", -300, 65, "internet-safety-policy.txt"),
    ("cipa", "cipa_filter", -60, 305, "filter-test.txt"),
    ("cipa", "cipa_education", -75, 290, "lesson-plan.txt"),
    ("ppra", "ppra_notice", -80, 285, "annual-notice.txt"),
    ("k12_first_six", "K12-3", -60, 305, "restore-log.txt"),
    ("local", "aup", -70, 295, "acceptable-use.txt"),
    ("local", "exit-accounts", -420, -55, "account-review.txt"),
)
"""Framework, code, days from the demo to when it began to hold and to its end, evidence file."""


def write_attestations(folder: Path, timeline: Timeline, on: date) -> None:
    """Write attestations.yaml and the evidence folder as they stood on a day."""
    evidence = folder / "evidence"
    evidence.mkdir(exist_ok=True)
    for name in sorted({one[4] for one in CONTROLS}):
        (evidence / name).write_text(f"SAMPLE evidence, made up: {name}\n", encoding="utf-8")
    content = {
        "controls": _controls(timeline),
        "restore_tests": _restore_tests(timeline, on),
        "agreements": _agreements(timeline),
        "incidents": _incidents(timeline, on),
    }
    with (folder / "attestations.yaml").open("w", encoding="utf-8") as file:
        file.write("# SAMPLE. What people attest; each list is the whole truth of its kind.\n")
        YAML().dump(content, file)


def _controls(timeline: Timeline) -> list[Row]:
    rows: list[Row] = [
        {
            "framework": framework,
            "code": code,
            "state": "ok",
            "owner_role": "data_security_specialist",
            "effective_on": str(timeline.day(begun)),
            **({"expires_on": str(timeline.day(ends))} if ends is not None else {}),
            "evidence": file,
        }
        for framework, code, begun, ends, file in CONTROLS
    ]
    rows.append(
        {
            "framework": "k12_first_six",
            "code": "K12-5",
            "state": "warn",
            "owner_role": "data_security_specialist",
            "effective_on": str(timeline.day(-210)),
            "reason": "Written, not yet practised.",
        }
    )
    rows.append(
        {
            "framework": "ada",
            "code": "ada_web_small",
            "state": "fail",
            "owner_role": "it_lead",
            "effective_on": str(timeline.day(-100)),
            "waiver_reason": "The website moves to a new host; the old pages are mended there.",
            "waiver_owner": "superintendent",
            "waiver_until": str(timeline.day(120)),
        }
    )
    return rows


def _restore_tests(timeline: Timeline, on: date) -> list[Row]:
    tests = (
        ("finance", -11, "ok", 42, "full restore to a spare server"),
        ("library", -52, "ok", 18, "restored into a test catalogue"),
        ("files", -65, "ok", 95, "one department's folder"),
        ("sign_in", -74, "ok", 35, "restored beside the live directory"),
        ("meals", -47, "fail", None, "the archive asked for a password nobody has"),
    )
    return [
        {
            "system": system,
            "on": str(timeline.day(day)),
            "result": result,
            **({"minutes": minutes} if minutes is not None else {}),
            "method": method,
        }
        for system, day, result, minutes, method in tests
        if timeline.day(day) <= on
    ]


def _agreements(timeline: Timeline) -> list[Row]:
    listed = (
        ("content_filter", "Sample Filter Co.", "contract", -300, 66, 24_800, "it_lead"),
        ("learning_platform", "Sample Learning Inc.", "contract", -400, 330, 41_000, "it_lead"),
        ("gradebook", "Sample Gradebook LLC", "contract", -150, 580, 18_900, "instructional_technology_coordinator"),
        ("phones", "Sample Telecom", "contract", -900, 41, 12_600, "it_lead"),
        ("learning_platform_dpa", "Sample Learning Inc.", "privacy", -400, 330, None, "data_security_specialist"),
        ("gradebook_dpa", "Sample Gradebook LLC", "privacy", -150, 580, None, "data_security_specialist"),
        ("reading_app_dpa", "Sample Reading App", "privacy", -380, 18, None, "data_security_specialist"),
        ("math_app_dpa", "Sample Math App", "privacy", None, None, None, "superintendent"),
    )
    return [
        {
            "key": key,
            "vendor": vendor,
            "kind": kind,
            **({"signed_on": str(timeline.day(signed))} if signed is not None else {}),
            **({"expires_on": str(timeline.day(ends))} if ends is not None else {}),
            **({"notice_on": str(timeline.day(ends - 30))} if ends is not None and kind == "contract" else {}),
            **({"annual_cost": cost} if cost is not None else {}),
            "owner_role": owner,
        }
        for key, vendor, kind, signed, ends, cost, owner in listed
    ]


def _incidents(timeline: Timeline, on: date) -> list[Row]:
    """One that was told to everybody, and one that only three roles may know of."""
    rows: list[tuple[date, Row]] = [
        (
            timeline.day(-48),
            {
                "key": "INC-7",
                "title": "Laptop with pupil lists lost and found again",
                "severity": "low",
                "discovered": str(timeline.day(-48)),
                "contained": str(timeline.day(-46)),
                "people": 27,
                "released_on": str(timeline.day(-40)),
                "reader_roles": "superintendent; data_security_specialist",
            },
        ),
        (
            timeline.day(-20),
            {
                "key": "INC-8",
                "title": "Staff account used from abroad after a forged mail",
                "severity": "high",
                "discovered": str(timeline.day(-20)),
                "contained": str(timeline.day(-19)),
                "people": 131,
                "reader_roles": "superintendent; team_leader; data_security_specialist",
            },
        ),
    ]
    return [row for found, row in rows if found <= on]
