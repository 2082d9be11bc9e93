"""The sample district's whole outside world for as long as a block lasts: services, tracker, mailbox and files.

What it makes is kept: a second run on the same output folder finds the same day, files, tickets and history, so that
the same meeting is next and nothing is mailed twice. Addresses are new in each run and written into the folder.
"""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from examples.lakeside.certificates import make_authority
from examples.lakeside.dumps import write_dumps
from examples.lakeside.folder import Surroundings, write_district
from examples.lakeside.mailbox import serve_mailbox
from examples.lakeside.services import serve_district
from examples.lakeside.sheets import write_sheets
from examples.lakeside.tickets import sample_tickets
from examples.lakeside.timeline import Timeline
from examples.lakeside.tracker import make_tracker, serve_tracker


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where everything is while the district runs. `timeline.now` is the moment of the first run."""

    timeline: Timeline
    district_folder: Path
    state_folder: Path
    mail_folder: Path
    around: Surroundings

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which commands and flows find this district."""
        return {"FIRSTBELL_DISTRICT": str(self.district_folder), "FIRSTBELL_STATE": str(self.state_folder)}


@contextmanager
def stage(out: Path, now: datetime, say: Callable[[str], None] = lambda _: None) -> Iterator[Stage]:
    """Run the sample district below `out`, with its past in the store, until the block ends.

    `now` counts in the first run only; later runs find its moment in out/stage.json. `say` takes what is being made,
    for somebody who waits.
    """
    out = out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    timeline = _timeline(out / "stage.json", now)
    desk_password, mail_password = _secret(out / "secrets" / "help_desk"), _secret(out / "secrets" / "mail")
    _write_sources(out / "sources", timeline)
    say("a help desk with its tickets")
    _make_tracker(out / "tracker", timeline, desk_password)
    authority = make_authority(out / "secrets" / "ca.pem")
    with ExitStack() as stack:
        around = Surroundings(
            services=stack.enter_context(serve_district(timeline, authority)),
            tracker_url=stack.enter_context(serve_tracker(out / "tracker")),
            mail_port=stack.enter_context(serve_mailbox(out / "mail", mail_password, authority)),
            ca_file=authority.file,
        )
        write_district(out / "district", timeline, around)
        say("ten weeks of history")
        _seed(out, timeline)
        yield Stage(
            timeline=timeline,
            district_folder=out / "district",
            state_folder=out,
            mail_folder=out / "mail",
            around=around,
        )


def _seed(out: Path, timeline: Timeline) -> None:
    # Prefect reads its settings when it is first imported, and whoever sets the stage may not have set them yet.
    from examples.lakeside.history import seed_history
    from tasks.place import workplace_at

    with workplace_at(out / "district", out) as work:
        seed_history(work, timeline)


def _timeline(file: Path, now: datetime) -> Timeline:
    if not file.exists():
        file.write_text(json.dumps({"now": now.isoformat()}), encoding="utf-8")
    return Timeline(datetime.fromisoformat(json.loads(file.read_text(encoding="utf-8"))["now"]))


def _secret(file: Path) -> str:
    """A password that only this user may read; made once."""
    file.parent.mkdir(mode=0o700, exist_ok=True)
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(18), encoding="utf-8")
    return file.read_text(encoding="utf-8")


def _write_sources(folder: Path, timeline: Timeline) -> None:
    """The district's files, made in a folder beside it and moved there whole."""
    if folder.exists():
        return
    draft = folder.with_name(f".{folder.name}")
    shutil.rmtree(draft, ignore_errors=True)
    write_sheets(draft / "sheets", timeline, timeline.now)
    write_dumps(draft / "dumps", timeline, timeline.now)
    draft.rename(folder)


def _make_tracker(folder: Path, timeline: Timeline, password: str) -> None:
    if folder.exists():
        return
    draft = folder.with_name(f".{folder.name}")
    shutil.rmtree(draft, ignore_errors=True)
    make_tracker(draft, sample_tickets(timeline), reader_password=password, options={"INDEXER": "native-fts"})
    draft.rename(folder)
