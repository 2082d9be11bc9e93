"""The small JSON paths of the http probe."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.probes._json_path import steps, value_at

KEYS = st.text(st.characters(exclude_characters=".[]", exclude_categories=["Cs"]), min_size=1, max_size=8)
STEPS = st.lists(KEYS | st.integers(0, 3), min_size=1, max_size=6)


@given(STEPS, st.integers())
def test_a_path_leads_to_what_was_put_there(way: list[str | int], value: int) -> None:
    document: object = value
    for step in reversed(way):
        document = {step: document} if isinstance(step, str) else [None] * step + [document]
    path = "".join(f".{step}" if isinstance(step, str) else f"[{step}]" for step in way).removeprefix(".")
    assert steps(path) == tuple(way)
    assert value_at(document, path) == value


@pytest.mark.parametrize("path", ["", ".", "a.", ".a", "a..b", "a[", "a[x]", "a[-1]", "a]b", "a[0]b"])
def test_other_forms_are_refused(path: str) -> None:
    with pytest.raises(ValueError, match=r"a\.b\[0\]\.c"):
        steps(path)


@pytest.mark.parametrize("path", ["b", "a.b", "a[2]", "a[0].b", "[0]"])
def test_a_place_that_is_not_there(path: str) -> None:
    with pytest.raises(LookupError):
        value_at({"a": [1, 2]}, path)
