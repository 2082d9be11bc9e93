"""prefect.yaml against the flows: Prefect itself ignores a misspelt key and deploys what cannot be imported."""

from __future__ import annotations

import ast
import inspect
import json
import sys
from collections import Counter
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pytest
from prefect import Flow
from prefect.cli.deploy._models import DeploymentConfig, RawScheduleConfig
from prefect.flows import load_flow_from_entrypoint
from pydantic import BaseModel, ConfigDict
from ruamel.yaml import YAML

from firstbell.cli._prefect import POOL, further_deployments
from firstbell.cli.run import FLOWS
from firstbell.config.audited import MAIN_POOL, Vantage

ROOT = Path(__file__).resolve().parents[2]
CONTENT: dict[str, Any] = YAML(typ="safe").load(ROOT / "prefect.yaml")
DEPLOYMENTS: list[dict[str, Any]] = CONTENT["deployments"]
IDS = [f"{one['entrypoint'].rpartition('.')[2]}/{one['name']}" for one in DEPLOYMENTS]
SCHEDULED = [one for one in DEPLOYMENTS if "schedules" in one]
MODULES = sorted(path for path in (ROOT / "flows").glob("*.py") if path.stem != "__init__")

each_deployment = pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=IDS)
each_module = pytest.mark.parametrize("module", MODULES, ids=[path.stem for path in MODULES])


class Known(BaseModel):
    """What prefect.yaml may hold here, and nothing else: no concurrency limit, for the reason that it gives itself."""

    model_config = ConfigDict(extra="forbid")


class Pool(Known):
    name: str


class Schedule(Known):
    slug: str
    cron: str
    timezone: str
    parameters: dict[str, Any] = {}
    replaces: str = ""


class Deployment(Known):
    name: str
    description: str
    entrypoint: str
    tags: list[str]
    work_pool: Pool
    parameters: dict[str, Any] = {}
    schedules: list[Schedule] = []


class File(Known):
    name: Literal["firstbell"]
    definitions: dict[str, Any]
    pull: list[dict[str, dict[str, str]]]
    deployments: list[Deployment]


def flow_of(deployment: dict[str, Any]) -> Flow[..., Any]:
    return load_flow_from_entrypoint(deployment["entrypoint"], use_placeholder_flow=False)


def test_every_key_is_known_to_us_and_to_prefect() -> None:
    File.model_validate(CONTENT)
    assert set(Deployment.model_fields) <= set(DeploymentConfig.model_fields)
    assert set(Schedule.model_fields) <= set(RawScheduleConfig.model_fields)


def test_names_are_unique_for_each_flow() -> None:
    names = Counter((flow_of(one).name, one["name"]) for one in DEPLOYMENTS)
    assert max(names.values()) == 1


def test_every_flow_is_deployed() -> None:
    deployed = {one["entrypoint"] for one in DEPLOYMENTS}
    assert deployed == {f"flows.{path.stem}.{path.stem}" for path in MODULES}
    assert set(FLOWS) == {path.stem for path in MODULES}


@each_deployment
def test_what_a_deployment_gives_fits_the_form(deployment: dict[str, Any]) -> None:
    function = flow_of(deployment)
    given = deployment.get("parameters", {})
    for schedule in deployment.get("schedules", []):
        function.validate_parameters({**given, **schedule.get("parameters", {})})
    accepted = inspect.signature(function.fn).parameters
    assert set(given) <= set(accepted) == {"options"}


@each_deployment
def test_the_form_explains_itself(deployment: dict[str, Any]) -> None:
    """A title and a description on every field of every group, in an order that was chosen."""
    schema = flow_of(deployment).parameters.model_dump()
    groups = [group for group in schema["definitions"].values() if "properties" in group]
    assert groups
    silent = {
        f"{group['title']}.{name}"
        for group in groups
        for name, one in group["properties"].items()
        if not {"title", "description", "position"} <= set(one)
    }
    assert silent == set()


@pytest.mark.parametrize("deployment", SCHEDULED, ids=[one["name"] for one in SCHEDULED])
def test_every_schedule_has_its_own_slug_and_the_districts_zone(deployment: dict[str, Any]) -> None:
    schedules = [Schedule.model_validate(one) for one in deployment["schedules"]]
    assert len({one.slug for one in schedules}) == len(schedules)
    assert {one.timezone for one in schedules} == {CONTENT["definitions"]["zone"]} == {"{{ $FIRSTBELL_TIMEZONE }}"}


@pytest.mark.parametrize("zone", ["America/Chicago", "America/New_York", "Europe/Berlin"])
def test_no_daily_schedule_falls_into_the_hours_that_clocks_skip_or_repeat(zone: str) -> None:
    ZoneInfo(zone)
    hours = {one["schedules"][0]["cron"].split()[1] for one in SCHEDULED}
    assert hours.isdisjoint({"0", "1", "2"})


@each_deployment
def test_hooks_take_what_prefect_hands_them(deployment: dict[str, Any]) -> None:
    """The worker calls crash and cancellation hooks by keyword."""
    function = flow_of(deployment)
    hooks = [
        hook
        for name in ("on_failure", "on_completion", "on_cancellation", "on_crashed", "on_running")
        for hook in getattr(function, f"{name}_hooks") or []
    ]
    assert all(tuple(inspect.signature(hook).parameters) == ("flow", "flow_run", "state") for hook in hooks)


DECIDING = (ast.If, ast.IfExp, ast.Match, ast.While, ast.BinOp, ast.BoolOp, ast.AugAssign, ast.Compare)
COUNTING = {"sum", "len", "min", "max", "round", "sorted"}


@each_module
def test_a_flow_says_only_when_and_in_what_order(module: Path) -> None:
    text = module.read_text(encoding="utf-8")
    nodes = list(ast.walk(ast.parse(text)))
    called = {node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert len(text.splitlines()) < 60
    assert [type(node).__name__ for node in nodes if isinstance(node, DECIDING)] == []
    assert called & COUNTING == set()


def test_no_module_bears_a_name_that_is_taken() -> None:
    """The loader may put flows/ itself on the path: flows/email.py would break the standard library's."""
    taken = set(sys.stdlib_module_names) | set(packages_distributions())
    ours = {path.stem for package in ("flows", "tasks") for path in (ROOT / package).glob("*.py")} - {"__init__"}
    assert ours & taken == set()


def test_the_pool_of_prefect_yaml_is_the_one_that_no_vantage_may_take() -> None:
    assert {one["work_pool"]["name"] for one in DEPLOYMENTS} == {MAIN_POOL} == {POOL}


def test_each_further_vantage_gets_the_hourly_looks_in_its_own_pool() -> None:
    annex = Vantage(key="annex", name="the annex", pool="firstbell_annex")
    text = further_deployments((ROOT / "prefect.yaml").read_text(encoding="utf-8"), [annex])
    content = json.loads(text)
    assert content["pull"] == CONTENT["pull"]
    (one,) = content["deployments"]
    Deployment.model_validate(one)
    DeploymentConfig.model_validate(one)
    assert (one["name"], one["work_pool"]) == ("hourly-looks-annex", {"name": "firstbell_annex"})
    flow = load_flow_from_entrypoint(one["entrypoint"])
    assert flow.validate_parameters(one["parameters"])["options"].vantage == "annex"
