"""The mails between meetings as a job: minutes to fill in, reminders, promises without an owner, the morning mail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from prefect import task
from prefect.artifacts import create_markdown_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed
from pydantic import Field

from firstbell.between.cycle import KINDS, post, preview
from firstbell.delivery.choose import transport_of
from firstbell.errors import FirstbellError
from firstbell.minutes.model import Entry
from tasks.place import secret_readers, workplace
from tasks.show import page


class BetweenOptions(Entry):
    """Which mails between meetings are looked after. Running it twice does no harm: nothing is told twice."""

    only: Literal["", "minutes", "reminder", "ownerless", "morning"] = Field(
        "", title="Only this kind", description="Empty: minutes to fill in, reminders, lost promises, morning mail."
    )
    dry_run: bool = Field(False, title="Dry run", description="Write the mails as files only; keep and mail nothing.")


@dataclass(frozen=True, slots=True)
class KindPosted:
    """What came of one kind, in counts and a sentence. `problem` says why nothing could be done at all."""

    kind: str
    sentence: str = ""
    refused: int = 0
    unknown: int = 0
    folder: str = ""
    problem: str = ""


@task(name="kinds")
def list_kinds(only: str) -> list[str]:
    """The kinds of mail this run is for."""
    return [kind for kind in KINDS if only in ("", kind)]


@task(name="post", task_run_name="post {kind}")
def post_kind(kind: str, dry_run: bool) -> KindPosted:
    """Write and send what is due of one kind."""
    with workplace() as work:
        if dry_run:
            done = preview(work, kind)
        else:
            done = post(work, transport_of(work.district, work.state, secret_readers(work.district.folder)), kind)
    return KindPosted(
        kind=kind,
        sentence=done.sentence,
        refused=len(done.dispatched.refused),
        unknown=len(done.dispatched.unknown),
        folder=str(done.folder or ""),
    )


def posted_of(kind: str, state: State[Any]) -> KindPosted:
    """What a kind came to, also where it failed: one kind's trouble never keeps another's mails back."""
    result: Any = state.result(raise_on_failure=False)
    if isinstance(result, KindPosted):
        return result
    sentence = str(result) if isinstance(result, FirstbellError) else f"It broke off ({type(result).__name__})."
    return KindPosted(kind=kind, problem=sentence)


@task(name="show posts")
def show_posts(done: list[KindPosted]) -> None:
    """What left of each kind, and which deliveries a person must look at; no names."""
    create_markdown_artifact(page("posts", done=done), key="between-meetings", description="Mails between meetings.")


def posts_state(done: Sequence[KindPosted]) -> State[Any]:
    """How the run ended: Failed only when no kind could be looked after; what all kinds share is said once."""
    kinds_of: dict[str, list[str]] = {}
    for one in done:
        kinds_of.setdefault(one.problem or one.sentence, []).append(one.kind)
    said = " ".join(f"{', '.join(kinds)}: {words}" for words, kinds in kinds_of.items())
    broken = [one for one in done if one.problem]
    if broken and len(broken) == len(done):
        return Failed(message=said)
    if broken:
        return Completed(name="Mails missing", message=said)
    if any(one.refused or one.unknown for one in done):
        return Completed(name="Deliveries to look at", message=said)
    return Completed(message=said)
