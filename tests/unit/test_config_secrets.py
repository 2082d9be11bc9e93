"""Secrets are references, read at use, and never shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, SecretStr

import connectors
from firstbell.config.secrets import SecretError, is_reference, readable_by_all, readers, resolve


class Inner(BaseModel):
    key: SecretStr


class Outer(BaseModel):
    url: str
    token: SecretStr | None = None
    more: tuple[Inner, ...] = ()
    by_name: dict[str, Inner] = {}


def test_all_references_are_resolved_at_any_depth(tmp_path: Path) -> None:
    (tmp_path / "key.txt").write_text("from file\n")
    settings = Outer(
        url="https://x",
        token=SecretStr("env:TOKEN"),
        more=(Inner(key=SecretStr("file:key.txt")),),
        by_name={"a": Inner(key=SecretStr("prefect-secret:desk-key"))},
    )
    known = {**readers(tmp_path, {"TOKEN": "from environment"}), "prefect-secret": lambda name: f"block {name}"}
    resolved = resolve(settings, known)
    assert resolved.token is not None
    assert resolved.token.get_secret_value() == "from environment"
    assert resolved.more[0].key.get_secret_value() == "from file"
    assert resolved.by_name["a"].key.get_secret_value() == "block desk-key"
    assert "from" not in repr(resolved)
    assert settings.token == SecretStr("env:TOKEN")


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("gatus", {"services": {"portal": "core_portal"}}),
        ("upptime", {"services": {"portal": "portal"}}),
        ("uptime_kuma", {"services": {"portal": "Portal"}, "status_page": "district"}),
    ],
)
def test_a_secret_that_a_kind_does_without_may_be_left_out(tmp_path: Path, kind: str, settings: dict[str, Any]) -> None:
    given = connectors.get(kind).Settings(url="https://monitor.example.org/", **settings)
    assert resolve(given, readers(tmp_path, {}), "sources.yaml:4") == given


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("env:TOKEN", "the environment variable TOKEN is not set"),
        ("file:nowhere.txt", "the file nowhere.txt cannot be read"),
        ("file:empty.txt", "the file empty.txt is empty"),
        ("file:latin.txt", "the file latin.txt cannot be read"),
        ("prefect-secret:desk", "nothing here can read prefect-secret secrets"),
        ("hunter2", "the secret is written out"),
    ],
)
def test_what_cannot_be_had_says_which_and_where(tmp_path: Path, reference: str, said: str) -> None:
    (tmp_path / "empty.txt").write_text("\n")
    (tmp_path / "latin.txt").write_bytes(b"\xff\xfe\xfa")
    settings = Outer(url="https://x", more=(Inner(key=SecretStr(reference)),))
    with pytest.raises(SecretError) as caught:
        resolve(settings, readers(tmp_path, {"TOKEN": ""}), "sources.yaml:4")
    assert str(caught.value).startswith(f"sources.yaml:4.more.0.key: {said}")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "env:", "env:A B", "ENV:A", "vault:x", "prefect-secret:Not_Valid", "file:", "a"])
def test_what_is_no_reference(text: str) -> None:
    assert not is_reference(text)


def test_settings_without_secrets_stay_themselves(tmp_path: Path) -> None:
    settings = Outer(url="https://x")
    assert resolve(settings, readers(tmp_path, {})) == settings


def test_a_file_that_everybody_may_read(tmp_path: Path) -> None:
    path = tmp_path / "key.txt"
    path.write_text("x")
    path.chmod(0o644)
    assert readable_by_all(tmp_path, "file:key.txt")
    path.chmod(0o640)
    assert not readable_by_all(tmp_path, "file:key.txt")
    assert not readable_by_all(tmp_path, "env:PATH")
