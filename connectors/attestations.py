"""What only people know: controls met, restores tried, agreements signed, incidents had.

Reads lists that the district keeps by hand: `controls`, `restore_tests`, `agreements` and `incidents`, all four in one
YAML file or each in a CSV of its own. Each list is the whole truth of its stream: a row taken out is retired. A list
that is given nowhere is not read, and its figures stay not collected; a list that is there and empty says "none".

A control's evidence file is hashed each night. Where it is missing, the control is unknown, whatever the row says. A
waiver needs a reason, an owner and an end; after its end the row's own state counts again.

Least access: read the files and the evidence folder. Limits: an attestation proves that somebody said so, not more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

from pydantic import Field

from connectors._attested import LISTINGS, Attester
from connectors._base import Complete, Connector, FetchRequest, Stream, StreamMode, Yielded
from connectors._errors import SettingsError
from connectors._files import LOCATION, find, within
from connectors._listed import Section, sections
from connectors._rows import Rows, parsed, proven
from connectors._table import TableSettings, Wanted, open_table
from firstbell.records import Agreement, ControlResult, EvidenceFile, Incident, Record, RestoreTest


class Attestations(Connector):
    """Controls with their evidence, restore tests, agreements and incidents."""

    title = "Attestations (YAML or CSV)"
    docs_url = "https://yaml.org/spec/1.2.2/"
    streams = (
        Stream("controls", ControlResult, StreamMode.REPLACE),
        Stream("evidence", EvidenceFile, StreamMode.REPLACE),
        Stream("restore_tests", RestoreTest, StreamMode.REPLACE),
        Stream("agreements", Agreement, StreamMode.REPLACE),
        Stream("incidents", Incident, StreamMode.REPLACE),
    )
    least_privilege = "Read access to the lists and the evidence folder; roles stand for people, no names."
    checked_against = "this project's own file format"

    class Settings(TableSettings):
        file: str = Field("", description="YAML file with any of the four lists. " + LOCATION)
        controls: str = Field("", description="CSV file of controls, where they are not in the YAML file.")
        restore_tests: str = Field("", description="CSV file of restore tests, where they are not in the YAML file.")
        agreements: str = Field("", description="CSV file of agreements, where they are not in the YAML file.")
        incidents: str = Field("", description="CSV file of incidents, where they are not in the YAML file.")
        evidence_folder: str = Field(".", description="Folder of the evidence files, within the district folder.")
        framework: str = Field("local", description="The framework of controls that name none.")
        edition: str = Field("", description="The edition of controls that name none.")

    settings: Settings

    def check(self) -> str:
        attester = self._attester()
        with ExitStack() as stack:
            listings = self._listings(stack)
            counts = [
                f"{sum(1 for _ in parsed(rows, attester.parser(title)))} {title.replace('_', ' ')}"
                for title, rows in listings.items()
            ]
        return f"The attestations can be read: {', '.join(counts)}."

    def fetch(self, request: FetchRequest) -> Iterator[Yielded]:  # noqa: ARG002 - the lists are always read anew
        attester = self._attester()
        with ExitStack() as stack:
            listings = self._listings(stack)
            proved: dict[str, Callable[[], Iterator[Record]]] = {
                title: proven(rows, attester.parser(title)) for title, rows in listings.items()
            }
            for title, records in proved.items():
                yield from records()
                yield Complete(title)
            if "controls" in listings:
                files = {file.path: file for file in parsed(listings["controls"], attester.evidence_of)}
                yield from files.values()
                yield Complete("evidence")

    def _attester(self) -> Attester:
        folder = within(self.settings.evidence_folder, self.context.folder)
        return Attester(self.context.clock(), self.settings.framework, self.settings.edition, folder)

    def _listings(self, stack: ExitStack) -> dict[str, Rows]:
        """The lists that are given, by their titles."""
        found: dict[str, Rows] = {}
        if self.settings.file:
            file = stack.enter_context(find(self.settings.file, self.context))
            reading = self.settings.reading(self.context)
            for title, items in sections(file, frozenset(LISTINGS)).items():
                listing = LISTINGS[title]
                known = frozenset(listing.columns)
                found[title] = Section(file.name, title, items, known, listing.required, reading)
        for title, listing in LISTINGS.items():
            location = getattr(self.settings, title)
            if not location:
                continue
            if title in found:
                raise SettingsError(f"{title} stand both in the YAML file and in a CSV; take one of the two out.")
            columns = {name: Wanted((name,), name in listing.required) for name in listing.columns}
            file = stack.enter_context(find(location, self.context))
            found[title] = open_table(file, self.settings, self.context, columns)
        if not found:
            raise SettingsError("No list of attestations is given; name a YAML file under `file`, or a CSV for each.")
        return found
