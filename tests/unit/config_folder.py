"""A small, right district folder for tests, and settings models that stand for a connector's and a probe's."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from firstbell.config.loaded import District
from firstbell.config.loading import load_district
from firstbell.errors import FirstbellError

FILES = {
    "district.yaml": """\
name: Lakeside Schools
time_zone: America/Chicago
mail_domain: example.org
schools:
  - {key: oak, name: Oak Elementary, level: elementary, known_as: ["10", Oak]}
  - {key: elm, name: Elm High, level: high}
calendar:
  years:
    - {name: 2025-26, first_day: 2025-08-13, last_day: 2026-05-29}
    - {name: 2026-27, first_day: 2026-08-12, last_day: 2027-05-28}
  class_hours:
    mon: {from: 08:00, until: 15:05}
  business_hours:
    mon: {from: 07:30, until: 16:00}
  closed:
    - {first: 2026-11-26, last: 2026-11-27, name: Thanksgiving, offices: true}
  early_release:
    - {day: 2026-10-12, until: "12:00"}
mail:
  sender: tech@example.org
  password: env:SMTP_PASSWORD
installer: {name: Ada Long, email: ada@example.org}
""",
    "teams.yaml": """\
people: {file: people.csv}
teams:
  - key: leadership
    name: Technology leadership team
    members:
      - {person: ada, roles: [team_leader, it_lead], from: 2026-27}
      - {person: bo, roles: [teacher_representative], until: 2025-26}
""",
    "people.csv": "key,name,email,schools\nada,Ada Long,ada@example.org,oak;elm\nbo,Bo Short,,oak\n",
    "meetings.yaml": """\
series:
  - key: monthly
    team: leadership
    title: Technology leadership team
    recurrence: {rule: FREQ=MONTHLY;BYDAY=1TH, starts: 2026-09-03T16:00}
""",
}


class DeskSettings(BaseModel):
    """Stands for a connector's settings."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(description="The address of the help desk.")
    token: SecretStr | None = Field(None, description="A reference to the API token.")
    queues: tuple[str, ...] = Field((), description="Queues to read.")


class WebSettings(BaseModel):
    """Stands for a probe's settings."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(description="The address to ask for.", pattern=r"^https?://\S+$")
    codes: tuple[int, ...] = Field((200,), description="Answers that are fine.")


def desk_settings(kind: str) -> type[BaseModel]:
    if kind != "desk":
        raise FirstbellError(f'There is no source kind "{kind}"; the kinds are desk.')
    return DeskSettings


def web_settings(kind: str) -> type[BaseModel]:
    if kind != "web":
        raise FirstbellError(f'There is no probe kind "{kind}"; the kinds are web.')
    return WebSettings


def write_folder(folder: Path, **changed: str) -> Path:
    """Write the right folder, with files changed or added: `district` is district.yaml, `people_csv` people.csv."""
    folder.mkdir(parents=True, exist_ok=True)
    names = {key: key.replace("_csv", ".csv") if key.endswith("_csv") else f"{key}.yaml" for key in changed}
    for name, text in {**FILES, **{names[key]: text for key, text in changed.items()}}.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def load(folder: Path) -> District:
    """Load with the two settings models of this module and two indicators."""
    return load_district(
        folder, settings_for=desk_settings, probe_settings_for=web_settings, indicators=("IP-01", "SD-02")
    )
