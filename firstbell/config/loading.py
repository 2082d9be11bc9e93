"""Reading the district folder: all files, all faults at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from firstbell.catalog import load_roles
from firstbell.config._document import Document, Place, read_document
from firstbell.config._moves import moves_of_nothing
from firstbell.config._references import repeated, unknown
from firstbell.config._services import service_faults
from firstbell.config._tables import as_lists, graft_tables
from firstbell.config._validation import validate
from firstbell.config.audited import ComplianceFile, ServicesFile, SourcesFile, SystemsFile, TargetsFile
from firstbell.config.district import DistrictFile
from firstbell.config.faults import ConfigError, Fault
from firstbell.config.loaded import District
from firstbell.config.plan import PlanFile
from firstbell.config.team import MeetingsFile, TeamsFile
from firstbell.errors import FirstbellError

SettingsOf = Callable[[str], type[BaseModel]]
"""The settings model of a kind. Raises a FirstbellError naming the kinds there are."""

FILES: Mapping[str, type[BaseModel]] = {
    "district.yaml": DistrictFile,
    "sources.yaml": SourcesFile,
    "services.yaml": ServicesFile,
    "systems.yaml": SystemsFile,
    "compliance.yaml": ComplianceFile,
    "teams.yaml": TeamsFile,
    "meetings.yaml": MeetingsFile,
    "plan.yaml": PlanFile,
    "targets.yaml": TargetsFile,
}
NEEDED = frozenset({"district.yaml", "teams.yaml", "meetings.yaml"})


def load_district(
    folder: Path,
    *,
    settings_for: SettingsOf,
    probe_settings_for: SettingsOf,
    indicators: Iterable[str] | None = None,
) -> District:
    """Read and check the whole folder.

    `settings_for` and `probe_settings_for` give the settings model of a source's and of a probe's kind; `indicators`
    the ids that targets and objectives may name (None: they are not checked). Raises ConfigError with every fault of
    every file. Secrets are only referred to; nothing here reads one.
    """
    documents, faults = _read(folder)
    models: dict[str, Any] = {}
    for file, model in FILES.items():
        if file in documents:
            faults += graft_tables(documents[file], model, folder)
            models[file], wrong = validate(model, documents[file])
            faults += wrong
        elif file not in NEEDED:
            models[file] = model()
    sources = _settings(documents.get("sources.yaml"), "sources", "settings", settings_for, faults)
    probes = _settings(documents.get("services.yaml"), "services", "probe", probe_settings_for, faults)
    faults += repeated(documents)
    faults += unknown(documents, _known_elsewhere(indicators))
    faults += service_faults(documents.get("services.yaml"))
    about, meetings = models.get("district.yaml"), models.get("meetings.yaml")
    if about is not None and meetings is not None:
        faults += moves_of_nothing(meetings, documents["meetings.yaml"], ZoneInfo(about.time_zone))
    if faults:
        order = {file: index for index, file in enumerate(FILES)}
        raise ConfigError(sorted(faults, key=lambda fault: (order.get(fault.file, len(order)), fault.file, fault.line)))
    return District.of(folder, models, sources, probes, _places(documents.get("sources.yaml"), tuple(sources)))


def _places(document: Document | None, keys: tuple[str, ...]) -> dict[str, str]:
    """Where each source is written; the keys come in the order of the file."""
    located = ((key, document.locate(("sources", index))) for index, key in enumerate(keys)) if document else ()
    return {key: f"{file}:{line}" for key, (file, line, _) in located}


def _known_elsewhere(indicators: Iterable[str] | None) -> dict[str, frozenset[str]]:
    roles = load_roles()
    known = {
        "role": frozenset(role.key for role in roles.roles),
        "stakeholder group": frozenset(group.key for group in roles.groups),
    }
    return known if indicators is None else {**known, "indicator": frozenset(indicators)}


def _read(folder: Path) -> tuple[dict[str, Document], list[Fault]]:
    if not folder.is_dir():
        sentence = (
            "is no folder; name the district folder with --district or FIRSTBELL_DISTRICT, or run firstbell init."
        )
        raise ConfigError([Fault(str(folder), 0, "", sentence)])
    documents: dict[str, Document] = {}
    faults: list[Fault] = []
    for file in FILES:
        if not (folder / file).is_file():
            if file in NEEDED:
                faults.append(Fault(file, 0, "", "is missing from the district folder; firstbell init writes a start."))
            continue
        try:
            documents[file] = read_document(folder, file)
            faults += documents[file].faults
        except ConfigError as error:
            faults += error.faults
    return documents, faults + _misspelled(folder)


def _misspelled(folder: Path) -> list[Fault]:
    """Files that look like one of ours and are read by nobody: silence about them would look like good news."""
    others = sorted(
        path.name for path in folder.iterdir() if path.suffix in (".yaml", ".yml") and path.name not in FILES
    )
    close = {name: get_close_matches(Path(name).with_suffix(".yaml").name, FILES, n=1, cutoff=0.85) for name in others}
    return [Fault(name, 0, "", f"is read by nobody; rename it {near[0]}.") for name, near in close.items() if near]


def _settings(
    document: Document | None, items: str, field: str, settings_of: SettingsOf, faults: list[Fault]
) -> dict[str, BaseModel]:
    """The settings of each source or probe by its key; what is wrong goes to `faults`."""
    found: dict[str, BaseModel] = {}
    written = document.at((items,)) if document else None
    for index, item in enumerate(written if isinstance(written, list) else ()):
        place: Place = (items, index, field)
        if document is None or not isinstance(item, dict) or not isinstance(item.get(field), dict):
            continue
        content = dict(item[field])
        kind_place = place if field == "probe" else place[:-1]
        kind = content.pop("kind", None) if field == "probe" else item.get("kind")
        if not isinstance(kind, str):
            if field == "probe":
                faults.append(document.fault((*place, "kind"), "is missing; add it, for example http."))
            continue
        try:
            model = settings_of(kind)
        except FirstbellError as error:
            faults.append(document.fault((*kind_place, "kind"), f"{str(error)[:1].lower()}{str(error)[1:]}"))
            continue
        if document.from_table(place):
            content = as_lists(model, content)
        settings, wrong = validate(model, document, place, content)
        faults += wrong
        if settings is not None:
            found[str(item.get("key"))] = settings
    return found
