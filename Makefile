# Every target works from a bare clone: what it needs is made first. `make help` lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
BIN := .venv/bin
RUN := $(BIN)/python
READY := .venv/.ready
# Most targets start many Python processes; without kept bytecode each compiles Prefect anew, for seconds.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo demo-reset ui test test-flows test-rest check faults browser peers fmt docs bench lock clean

help: ## List the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

# Old pip cannot install the hashed lock, so uv does, from inside the environment.
$(READY): requirements.lock pyproject.toml
	@test -x $(RUN) || { echo "making .venv ..."; $(PYTHON) -m venv .venv; }
	@test -x $(BIN)/uv || { echo "installing uv ..."; $(RUN) -m pip install --quiet --disable-pip-version-check uv; }
	@echo "installing the locked packages ..."
	@$(BIN)/uv pip sync --quiet --python $(RUN) requirements.lock
	@$(BIN)/uv pip install --quiet --python $(RUN) --no-deps --editable .
	@touch $@

demo: $(READY) ## Run a night on the sample district and mail its packet; all output under out/demo
	@$(BIN)/firstbell demo

demo-reset: $(READY) ## Forget the demo's state and start afresh
	@$(BIN)/firstbell demo --reset

ui: $(READY) ## Prefect server and worker over the demo's state; Ctrl-C stops both
	@$(BIN)/firstbell ui

# Two runs side by side, so that each fills the other's waiting. One Prefect server serves tests/prefect_, so those share
# one process; what it says comes in one piece.
test: $(READY) ## Every test that needs only Python packages
	@$(MAKE) --no-print-directory --jobs=2 test-flows test-rest

test-flows: $(READY)
	@said=$$(mktemp); trap 'cat "$$said"; rm -f "$$said"' EXIT; $(RUN) -m pytest tests/prefect_ >"$$said" 2>&1

test-rest: $(READY)
	@$(RUN) -m pytest -n 2 --dist loadfile tests/unit tests/contract tests/store tests/mail tests/drift

check: $(READY) ## Format, lint, types and drift
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(RUN) -m pytest -q tests/drift

faults: $(READY) ## Kill points, full disk, hostile input
	@$(RUN) -m pytest tests/faults

browser: $(READY) ## Pages, mail and forms in headless Chromium (installs Debian's)
	@command -v chromium chromedriver >/dev/null || { apt-get update -qq; apt-get install -y -qq --no-install-recommends chromium chromium-driver; }
	@$(RUN) -m pytest tests/browser

peers: $(READY) ## Tests against real outside programs (installs their Debian packages)
	@tests/peers/install
	@$(RUN) -m pytest tests/peers

fmt: $(READY) ## Format the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix --quiet . || true

docs: $(READY) ## Write the generated pages and schemas anew
	@$(BIN)/firstbell docs

bench: $(READY) ## Run the benchmarks and write docs/benchmarks.md
	@$(RUN) bench/run.py

lock: ## Compile requirements.lock anew
	@test -x $(BIN)/uv || { $(PYTHON) -m venv .venv; $(RUN) -m pip install --quiet --disable-pip-version-check uv; }
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
		--extra demo --extra dev pyproject.toml --output-file requirements.lock

clean: ## Remove the environment and every cache
	rm -rf .venv out build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
