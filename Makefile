# Everything a newcomer needs is `make run` and `make test`; `make help` lists the rest.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
STAMP := $(VENV)/.installed
PY_DIRS := platform ingest projections tests
WORKERS ?= auto

.PHONY: help setup run test check format bench lock clean

help: ## say what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 18

setup: $(STAMP) ## make .venv with the hash-locked dependencies and the jiedao command

$(STAMP): requirements/dev.lock requirements/uv.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@test -x $(UV) || $(BIN)/python -m pip install --quiet --require-hashes -r requirements/uv.lock
	$(UV) pip sync --quiet --compile-bytecode --require-hashes --python $(BIN)/python requirements/dev.lock requirements/uv.lock
	$(UV) pip install --quiet --no-deps --no-build-isolation --python $(BIN)/python -e .
	@touch $@

run: setup ## start a district with a bundled sample of reports and show its queues, live
	$(BIN)/jiedao demo

test: setup ## run the whole suite on all cores, at most four (WORKERS=n); its header says what this machine lacks
	$(BIN)/python -m pytest -n $(WORKERS) --maxprocesses 4 --dist loadgroup --no-loadscope-reorder

check: setup ## lint, types, dependency directions
	$(BIN)/ruff check $(PY_DIRS)
	$(BIN)/ruff format --check $(PY_DIRS)
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup ## format the code
	$(BIN)/ruff format $(PY_DIRS)
	$(BIN)/ruff check --fix $(PY_DIRS)

bench: setup ## print ratios measured side by side on this machine (ARGS=--help says what else)
	@$(BIN)/jiedao bench $(ARGS)

lock: setup ## resolve the dependencies anew and lock them by hash
	$(UV) pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate --universal --python-version 3.11 --extra dev pyproject.toml requirements/build.in -o requirements/dev.lock --upgrade
	$(UV) pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate --universal --python-version 3.11 requirements/uv.in -o requirements/uv.lock --upgrade

clean: ## remove the environment and what tools left behind
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
