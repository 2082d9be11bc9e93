"""Lists of the district folder that live in a CSV file."""

from __future__ import annotations

from pathlib import Path

import pytest

from firstbell.config.faults import ConfigError
from tests.unit.config_folder import load, write_folder

SERVICES = "services: {file: services.csv}\n"


def first_fault(folder: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        load(folder)
    return str(caught.value.faults[0])


def test_columns_nest_lists_split_and_empty_cells_are_not_given(tmp_path: Path) -> None:
    table = (
        "\ufeffkey,name,probe.kind,probe.url,probe.codes,schools,needed\r\n"
        'portal,"Portal, new",web,https://p.example.org/,200; 301,oak;elm,\r\n'
        ",,,,,,\r\n"
        "mail,Mail,web,https://m.example.org/,,,always\r\n"
    )
    district = load(write_folder(tmp_path, services=SERVICES, services_csv=table))
    portal, mail = district.services
    assert (portal.name, portal.schools, portal.needed) == ("Portal, new", ("oak", "elm"), "class_hours")
    assert district.probe_settings["portal"].model_dump()["codes"] == (200, 301)
    assert district.probe_settings["mail"].model_dump()["codes"] == (200,)
    assert (mail.needed, mail.schools) == ("always", ())


def test_a_row_over_several_lines_keeps_the_lines_right(tmp_path: Path) -> None:
    table = 'key,name,probe.kind,probe.url\na,"two\nlines",web,https://a.example.org/\nB,b,web,https://b.example.org/\n'
    told = first_fault(write_folder(tmp_path, services=SERVICES, services_csv=table))
    assert told.startswith("services.csv:4: key: must be lower case letters")


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ("key,key\na,b\n", "services.csv:1: the header has an empty or repeated column; name each one once."),
        ("key,name\na,b,c\n", "services.csv:2: has more cells than the header; quote cells with commas."),
        ('key,name\na,"b\n', "services.csv:2: is no readable CSV from here on; look for a quote that never closes."),
        (f"key,name\na,{'x' * 10_000_000}\n", "services.csv:2: is no readable CSV from here on"),
    ],
)
def test_a_broken_table_says_where(tmp_path: Path, table: str, fault: str) -> None:
    assert first_fault(write_folder(tmp_path, services=SERVICES, services_csv=table)).startswith(fault)


def test_an_empty_table_is_an_empty_list(tmp_path: Path) -> None:
    assert load(write_folder(tmp_path, services=SERVICES, services_csv="")).services == ()


def test_a_table_in_another_encoding(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, services=SERVICES, services_csv="")
    (folder / "services.csv").write_bytes("key,name\na,Müller\n".encode("latin-1"))
    assert first_fault(folder) == 'services.csv:2: is not UTF-8 text from here on; save it as "CSV UTF-8".'


def test_a_missing_table(tmp_path: Path) -> None:
    told = first_fault(write_folder(tmp_path, services=SERVICES))
    assert told == "services.yaml:1: services.file: names no file of the district folder; mend the name."


def test_a_missing_cell_is_told_with_its_row(tmp_path: Path) -> None:
    table = "key,name,probe.kind,probe.url\nportal,,web,https://p.example.org/\n"
    told = first_fault(write_folder(tmp_path, services=SERVICES, services_csv=table))
    assert told.startswith("services.csv:2: name: is missing; add it")


def test_text_in_yaml_is_not_split(tmp_path: Path) -> None:
    services = "services:\n  - {key: a, name: A, schools: oak;elm, probe: {kind: web, url: https://a.example.org/}}\n"
    assert first_fault(write_folder(tmp_path, services=services)).startswith(
        "services.yaml:2: services.0.schools: must be a list"
    )
