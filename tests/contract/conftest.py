"""Cases are made fresh for each check; what is dear to make (a real tracker) is made once a session."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

pytest.register_assert_rewrite("tests.contract.suite", "tests.contract.checks", "tests.contract.web")

from tests.contract.suite import Case, Situation, Standing  # noqa: E402 - the rewrite must be registered before

MakeCase = Callable[[type[Case]], Case]


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[type[Case]], Any]]:
    """What `Case.prepare` made, once per class, closed at the end of the session."""
    made: dict[type[Case], Any] = {}
    with ExitStack() as stack:

        def get(case: type[Case]) -> Any:
            if case not in made:
                made[case] = stack.enter_context(case.prepare(tmp_path_factory.mktemp(case.kind)))
            return made[case]

        yield get


@pytest.fixture
def standing(tmp_path: Path) -> Iterator[Standing]:
    """A function that makes a case of a class, with other attributes or methods if named, whose source is whole."""
    with ExitStack() as stack:

        def stand(case: type[Case], **changed: Any) -> Case:
            made = type("Changed", (case,), changed)(tmp_path)
            stack.callback(made.close)
            made.serve(Situation.WHOLE)
            return made

        yield stand


@pytest.fixture
def make_case(prepared: Callable[[type[Case]], Any], tmp_path: Path) -> Iterator[MakeCase]:
    """A function that makes a case of a class in a folder of its own; closed after the test."""
    with ExitStack() as stack:

        def make(case: type[Case]) -> Case:
            folder = tmp_path / f"{case.kind}-{len(list(tmp_path.iterdir()))}"
            folder.mkdir()
            made = case(folder, prepared(case))
            stack.callback(made.close)
            return made

        yield make
