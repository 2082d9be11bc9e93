"""The sample district on stage: where it lies, and its services, help desk and mail server while they are needed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from firstbell.cli._place import Place
from firstbell.cli._prefect import ROOT, PrefectError

if TYPE_CHECKING:
    from examples.lakeside.stage import Stage

OUT = ROOT / "out" / "demo"


def is_sample(state: Path) -> bool:
    """Whether a state folder is one that the demo made."""
    return (state / "stage.json").exists()


def sample_place(out: Path = OUT) -> Place:
    """The district and the state that the demo made. Raises PrefectError where there is none yet."""
    if not is_sample(out):
        raise PrefectError(
            "There is no demo yet: run `make demo` first, or name your own district with --district and --state."
        )
    return Place(out / "district", out)


@contextmanager
def on_stage(out: Path, say: Callable[[str], None]) -> Iterator[Stage]:
    """Run all that is outside of the sample district; `say` takes what is being made.

    Only a checkout holds the sample district, so its folder comes onto the path first.
    """
    sys.path.insert(0, str(ROOT))
    from examples.lakeside.stage import stage
    from firstbell.clock import utc_now

    with stage(out, utc_now(), say) as running:
        yield running
