# The two commands that do everything: `make run` and `make test`. `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run test native fmt lint type schemas lock clean

help:  ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

run: $(VENV)/.run  ## the whole chain, embedded, on the practice web (ARGS=--once ends when it is crawled)
	@$(BIN)/zoeklicht up --practice $(ARGS)

test: $(VENV)/.test $(VENV)/.native  ## everything CI runs: lint, types, layers, and all tests on the real servers
	@tests/run $(ARGS)

native: $(VENV)/.native  ## build the native core (needs Rust); without it NumPy does the same, slower

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

# Where there is no Rust the tests of the native core fail and say so; everything else works without.
$(VENV)/.native: $(wildcard native/*.toml native/src/*.rs native/src/*/*.rs) $(VENV)/.test
	@if command -v cargo >/dev/null; then \
	    PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pip install --quiet --disable-pip-version-check \
	        --no-build-isolation --no-deps --force-reinstall ./native; \
	else echo "No Rust here, so the native core is not built; NumPy takes its place."; fi
	@touch $@

clean:  ## remove what was installed and built here (the state folder stays)
	rm -rf $(VENV) native/target .mypy_cache .ruff_cache .pytest_cache .hypothesis
