"""Facts as versions: what was known at any moment equals a model that remembers every save."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import count, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firstbell.intervals import Window
from firstbell.kpi import Verdict
from firstbell.records import (
    BackupResult,
    BackupRun,
    ControlResult,
    Incident,
    Measurement,
    MilestoneSeen,
    SurveyCounts,
    TeamAction,
    Ticket,
    TicketStatus,
)
from firstbell.store.queries import facts_as_known, load_facts, milestone_baselines
from firstbell.store.save import SaveCounts, retire_unseen, save_facts
from firstbell.store.session import Store

NUMBERS = count()
DAY = datetime(2026, 9, 1, 6, tzinfo=UTC)


def at(hours: float) -> datetime:
    return DAY + timedelta(hours=hours)


def ticket(key: str, **changes: object) -> Ticket:
    values: dict[str, object] = {"created_at": DAY, "status": TicketStatus.OPEN} | changes
    return Ticket(ticket_key=key, **values)  # type: ignore[arg-type]


def known(store: Store, moment: datetime, source: str = "desk") -> dict[str, Ticket]:
    with store.read() as connection:
        rows = facts_as_known(connection, Ticket, known_at=moment, source_key=source)
        return {row.ticket_key: row for _, row in rows}


def test_a_record_comes_back_as_it_went_in(store: Store) -> None:
    records = [
        ticket("1", resolved_at=at(1.5), priority_rank=2, sla_breached=False, satisfaction_score=4.5, location="Ö🎒"),
        BackupRun(
            system_key="sis", job_key="nightly", run_key="1", result=BackupResult.OK, ended_at=at(1), size_bytes=2**45
        ),
        Incident(
            incident_key="1", title="x", severity="low", discovered_at=DAY, reader_roles=("it_lead", "superintendent")
        ),
        SurveyCounts(
            survey_key="s", wave="w", group="teachers", scope="district", question_key="q", counts=(1, 0, 5),
            fielded_on=date(2026, 9, 2),
        ),
        TeamAction(team_key="et", action_key="A-1", meeting_key="m", title="t", state="open", due_on=date(2026, 9, 9)),
    ]  # fmt: skip
    with store.begin() as connection:
        assert save_facts(connection, "mixed", records, at(2)) == SaveCounts(new=5)
    for record in records:
        with store.read() as connection:
            assert facts_as_known(connection, type(record), known_at=at(2)) == [("mixed", record)]


def test_an_unchanged_read_writes_nothing_and_a_volatile_field_makes_no_version(store: Store) -> None:
    with store.begin() as connection:
        save_facts(connection, "desk", [ticket("1", updated_at=at(0))], at(1))
        assert save_facts(connection, "desk", [ticket("1", updated_at=at(5))], at(6)) == SaveCounts(unchanged=1)
    assert known(store, at(7))["1"].updated_at == at(0)


def test_a_version_counts_from_its_recording_until_it_was_superseded(store: Store) -> None:
    closed = ticket("1", status=TicketStatus.CLOSED)
    with store.begin() as connection:
        save_facts(connection, "desk", [ticket("1")], at(1))
        assert save_facts(connection, "desk", [closed], at(3)) == SaveCounts(changed=1)
    assert known(store, at(0.99)) == {}
    assert known(store, at(1)) == {"1": ticket("1")}
    assert known(store, at(3) - timedelta(microseconds=1)) == {"1": ticket("1")}
    assert known(store, at(3)) == {"1": closed}


def test_the_last_word_of_a_batch_counts(store: Store) -> None:
    with store.begin() as connection:
        twice = [ticket("1"), ticket("2"), ticket("1", location="Oak")]
        assert save_facts(connection, "desk", twice, at(1)) == SaveCounts(new=2)
    assert known(store, at(1))["1"].location == "Oak"


def test_a_clock_that_went_back_makes_no_overlap(store: Store) -> None:
    with store.begin() as connection:
        save_facts(connection, "desk", [ticket("1")], at(5))
        save_facts(connection, "desk", [ticket("1", location="Oak")], at(1))
        retire_unseen(connection, "desk", Ticket, [], "", at(0))
        save_facts(connection, "desk", [ticket("1", location="Elm")], at(0))
    tick = timedelta(microseconds=1)
    assert known(store, at(4)) == {}
    assert known(store, at(5))["1"].location == ""
    assert known(store, at(5) + tick)["1"].location == "Oak"
    assert known(store, at(5) + 2 * tick)["1"].location == "Elm"


def test_retiring_stays_within_its_scope_and_its_source(store: Store) -> None:
    def control(framework: str, code: str) -> ControlResult:
        return ControlResult(
            framework=framework, edition="1", code=code, subject="d", state=Verdict.OK, collected_at=DAY
        )

    with store.begin() as connection:
        for source in ("file", "other"):
            save_facts(connection, source, [control("a_b", "1"), control("a_b", "2"), control("aXb", "1")], at(1))
        assert retire_unseen(connection, "file", ControlResult, ["a_b/1/d"], "a_b/", at(2)) == 1
    with store.read() as connection:
        left = [(source, row.entity_key) for source, row in facts_as_known(connection, ControlResult, known_at=at(2))]
        assert left == [
            ("file", "aXb/1/d"), ("file", "a_b/1/d"),
            ("other", "aXb/1/d"), ("other", "a_b/1/d"), ("other", "a_b/2/d"),
        ]  # fmt: skip
        assert len(facts_as_known(connection, ControlResult, known_at=at(1.5))) == 6


def test_what_fails_halfway_leaves_nothing(store: Store) -> None:
    def broken() -> object:
        for number in range(5_000):
            yield ticket(str(number))
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError), store.begin() as connection:
        save_facts(connection, "desk", broken(), at(1))  # type: ignore[arg-type]
    assert known(store, at(9)) == {}


def test_a_milestone_keeps_its_first_date_as_its_baseline(store: Store) -> None:
    with store.begin() as connection:
        for hour, due_on in enumerate((date(2026, 10, 1), date(2026, 11, 1), date(2026, 12, 1))):
            seen = MilestoneSeen(milestone_key="wifi", initiative_key="net", title="Wi-Fi", due_on=due_on)
            save_facts(connection, "plan", [seen], at(hour))
    with store.read() as connection:
        assert milestone_baselines(connection, known_at=at(9)) == {"wifi": date(2026, 10, 1)}
        assert milestone_baselines(connection, known_at=at(-1)) == {}


def test_a_window_holds_what_was_open_at_its_ends_and_the_newest_before_it(store: Store) -> None:
    window = Window(at(100), at(200))

    def dump(run: str, ended: float, result: BackupResult = BackupResult.OK) -> BackupRun:
        return BackupRun(system_key="sis", job_key="n", run_key=run, result=result, ended_at=at(ended))

    def seats(start: date, end: date) -> Measurement:
        return Measurement(
            measure_key="seats", scope="district", period_start_on=start, period_end_on=end, numerator=1, as_of=DAY
        )

    tickets = [
        ticket("before", resolved_at=at(50)),
        ticket("ended within", resolved_at=at(150)),
        ticket("open"),
        ticket("closed only", closed_at=at(20)),
        ticket("later", created_at=at(300)),
        ticket("within", created_at=at(120), resolved_at=at(130)),
        ticket("ended later", resolved_at=at(900)),
    ]
    runs = [
        dump("1", 10), dump("2", 20), dump("3", 30, BackupResult.FAILED), dump("4", 150), dump("5", 500)
    ]  # fmt: skip
    rows = [seats(date(2026, month, 1), date(2026, month, 28)) for month in (6, 7, 9, 12)]
    with store.begin() as connection:
        save_facts(connection, "all", [*tickets, *runs, *rows], at(0))
    with store.read() as connection:
        stored = load_facts(connection, known_at=at(1000), window=window)
    found = {kind: [row for row in stored.records["all"] if isinstance(row, kind)] for kind in (Ticket, BackupRun)}
    assert {row.ticket_key for row in found[Ticket]} == {"ended within", "open", "within", "ended later"}  # type: ignore[union-attr]
    assert {row.run_key for row in found[BackupRun]} == {"2", "3", "4"}  # type: ignore[union-attr]
    months = {row.period_start_on.month for row in stored.records["all"] if isinstance(row, Measurement)}
    assert months == {7, 9}


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["save", "retire"]),
        st.dictionaries(st.sampled_from("abc"), st.sampled_from(["Oak", "Elm"]), max_size=3),
        st.integers(1, 3),
    ),
    max_size=8,
)


def check_against_model(store: Store, source: str, steps: list[tuple[str, dict[str, str], int]]) -> None:
    model: list[tuple[datetime, dict[str, str]]] = [(DAY, {})]
    moment = DAY
    with store.begin() as connection:
        for kind, content, hours in steps:
            moment += timedelta(hours=hours)
            now = dict(model[-1][1])
            if kind == "save":
                save_facts(connection, source, [ticket(key, location=where) for key, where in content.items()], moment)
                now |= content
            else:
                retire_unseen(connection, source, Ticket, content, "", moment)
                now = {key: where for key, where in now.items() if key in content}
            model.append((moment, now))
    for when, expected in model:
        assert {key: row.location for key, row in known(store, when, source).items()} == expected
    for (_, expected), (later, _) in pairwise(model):
        just_before = later - timedelta(microseconds=1)
        assert {key: row.location for key, row in known(store, just_before, source).items()} == expected


@settings(max_examples=60)
@given(STEPS)
def test_as_known_at_any_moment_equals_the_model(
    shared_store: Store, steps: list[tuple[str, dict[str, str], int]]
) -> None:
    check_against_model(shared_store, f"desk-{next(NUMBERS)}", steps)


def test_as_known_equals_the_model_on_both_engines(store: Store) -> None:
    check_against_model(
        store,
        "desk",
        [
            ("save", {"a": "Oak", "b": "Oak"}, 1),
            ("save", {"a": "Elm"}, 2),
            ("retire", {"b": ""}, 1),
            ("save", {"a": "Elm", "c": "Oak"}, 3),
            ("retire", {}, 1),
            ("save", {"b": "Oak"}, 1),
        ],
    )
