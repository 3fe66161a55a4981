# The two commands that do everything: `make run` and `make test`. `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run test fmt lint type schemas lock clean

help:  ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

run: $(VENV)/.run  ## the whole chain, embedded, on the practice web (ARGS=--once ends when it is crawled)
	@$(BIN)/zoeklicht up --practice $(ARGS)

test: $(VENV)/.test  ## everything CI runs: lint, types, layers, and all tests on the real servers
	@tests/run $(ARGS)

fmt: $(VENV)/.test  ## format and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: $(VENV)/.test  ## style and import rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports

type: $(VENV)/.test  ## mypy --strict, tests included
	$(BIN)/mypy

schemas: $(VENV)/.run  ## write docs/schemas anew from the records (a test compares them)
	$(BIN)/python -m crawler.transport.schema docs/schemas

lock:  ## resolve the dependencies anew, with hashes and without addresses
	deploy/lock

# Stamps: what is installed is installed again only when its list changes.
$(VENV)/.run: requirements.lock pyproject.toml
	@$(PYTHON) deploy/check_python.py
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@

$(VENV)/.test: requirements-test.lock $(VENV)/.run
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-test.lock
	@touch $@

clean:  ## remove what was installed and built here (the state folder stays)
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
