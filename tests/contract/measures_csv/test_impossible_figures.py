"""What doctor says of figures that count more than there are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors._base import Doubtful
from tests.contract.measures_csv.case import HEAD, LAST, ROWS, Case
from tests.contract.suite import Situation, ask


class Counted(Case):
    """The long file, with rows that a test adds."""

    more = ""

    def text(self, situation: Situation) -> str:
        return HEAD + ROWS + self.more + LAST


@pytest.fixture
def counted(tmp_path: Path) -> Iterator[Counted]:
    case = Counted(tmp_path)
    yield case
    case.close()


def said(case: Counted, more: str) -> str:
    case.more = more
    case.serve(Situation.WHOLE)
    sentence, error = ask(case)
    assert error is None
    return sentence


def test_more_than_there_are_and_fewer_than_none_are_doubted(counted: Counted) -> None:
    shares = "use.teachers,Elm,2026-09,4711,40,,x\nuse.teachers,Elm,2026-10,-5,40,,x\n"
    sentence = said(counted, shares + "training.hours,Oak School,2026-09,-7,,,x\n")
    assert isinstance(sentence, Doubtful)
    assert "7 figures can be read from" in sentence
    assert "Of these 3 count more than there are or fewer than none" in sentence
    assert "4711" not in sentence


@pytest.mark.parametrize("value", ["40", "0", "100%", ""])
def test_all_and_none_and_nothing_known_are_no_doubt(counted: Counted, value: str) -> None:
    assert type(said(counted, f"use.teachers,Elm,2026-09,{value},40,,x\n")) is str
