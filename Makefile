# Two commands on a fresh machine: `make preview` and `make test`. The others prepare the ground for the Pulumi CLI.
STACK ?= prod
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PYTEST := $(BIN)/python -m pytest
# One file stays on one core: its tests share a cluster, a cloud or a stack, and build on each other.
# In the order given, the long files first: xdist would begin with the files of most tests, and end on one long file.
ALL_CORES := -n auto --dist loadfile --no-loadscope-reorder

# Every command starts many Pythons that import large SDKs: without compiled files each would compile them again.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help setup doctor tools preview sandbox sandbox-env sandbox-stop test unit policies-test artefacts e2e live mutants chart-facts hooks lint types generated generate local benchmark lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): requirements.lock sandbox/bootstrap/uv.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or later is needed, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	@test -x $(BIN)/python || { echo "setup: making $(VENV)" >&2; $(PYTHON) -m venv $(VENV); }
	@echo "setup: installing the locked packages" >&2
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r sandbox/bootstrap/uv.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

setup: $(STAMP) ## the virtual environment, from requirements.lock

doctor: setup ## which tools are there, what would be downloaded or built, how long; fails while `make preview` can't run at once
	@$(BIN)/python -m sandbox doctor

tools: setup ## every tool: found, downloaded or built (about 35 minutes where all must be built, once)
	@$(BIN)/python -m sandbox tools

preview: setup ## the plan of STACK (default prod) with its policy results, against the simulated cloud; gets two tools (13 minutes where they must be built, once)
	@$(BIN)/python -m sandbox preview $(STACK)

sandbox: setup ## start the simulated cloud and leave it running, with how to use it
	@$(BIN)/python -m sandbox up

sandbox-env: setup ## shell lines for `eval`: lead pulumi, kubectl and aws to the running sandbox
	@$(BIN)/python -m sandbox env

sandbox-stop: setup ## stop it and forget everything it made
	@$(BIN)/python -m sandbox down

test: setup lint types generated tools ## everything: style, types, layers, unit, policies, artefacts, e2e
	@$(PYTEST) $(ALL_CORES) tests/e2e tests/artefacts tests/policies tests/unit

unit: setup ## the unit ring: two minutes
	@$(PYTEST) $(ALL_CORES) tests/unit

policies-test: setup tools ## the policy ring, on the real engine too
	@$(PYTEST) $(ALL_CORES) tests/policies

artefacts: setup tools ## real binaries judge what we generate
	@$(PYTEST) $(ALL_CORES) tests/artefacts

e2e: setup tools ## the real engine: preview, up, no change, refresh, drift, destroy
	@$(PYTEST) $(ALL_CORES) tests/e2e

live: setup ## real Loki and Tempo, where they can be had, under prod's deployed configurations; says what ran and what couldn't
	@$(PYTEST) -s tests/live

chart-facts: setup tools ## record what the real charts make of our values (CHARTS="loki tempo", SOURCE=a folder or a repository; needs them in reach)
	@$(BIN)/python -m tests.chart_facts $(CHARTS) $(if $(SOURCE),--source $(SOURCE)) $(if $(CHECK),--check)

hooks: setup ## check every commit with pre-commit
	@$(BIN)/pre-commit install

mutants: setup ## small faults in planning and policies (a sample: MUTANTS=100 SEED=1), of which the tests must notice most
	@$(BIN)/python -m tests.mutants --count $(or $(MUTANTS),100) --seed $(or $(SEED),1)

lint: setup ## ruff and the layer contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports --no-cache

types: setup ## pyright, strict
	@$(BIN)/pyright

generated: setup ## schema, configuration reference, README's table, policy limits, rule book and runbook index match their sources
	@$(BIN)/python -m settings.document.schema --check
	@$(BIN)/python -m docs.tools.configuration_reference --check
	@$(BIN)/python -m settings.document.policy_config --check
	@$(BIN)/python -m docs.tools.rule_book --check
	@$(BIN)/python -m docs.tools.runbook_index --check

generate: setup ## write those again
	@$(BIN)/python -m settings.document.schema
	@$(BIN)/python -m docs.tools.configuration_reference
	@$(BIN)/python -m settings.document.policy_config
	@$(BIN)/python -m docs.tools.rule_book
	@$(BIN)/python -m docs.tools.runbook_index

local: setup ## the platform in Docker Compose on this machine, from STACK's settings (default dev), in build/local
	@$(BIN)/python -m ops local --stack $(if $(filter command line,$(origin STACK)),$(STACK),dev) --output build/local

benchmark: setup tools ## planner, cost engine; start of the command line; `pulumi preview` against an empty program; collector against pass-through
	@$(BIN)/python -m benchmarks.planning
	-@$(BIN)/python -m benchmarks.start_up
	@$(BIN)/python -m benchmarks.preview
	-@$(BIN)/python -m benchmarks.collector

clean: ## remove the virtual environment and the sandbox's state; the tool cache stays
	rm -rf $(VENV) .sandbox

lock: setup ## resolve requirements*.txt again into requirements.lock, with hashes
	@UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links requirements-dev.txt -o requirements.lock
	@UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate sandbox/tools/checkov/requirements.in -o sandbox/tools/checkov/requirements.txt
	@grep '^uv==' requirements-dev.txt | UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate - -o sandbox/bootstrap/uv.txt
