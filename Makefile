# Needs Python 3.11, 3.12 or 3.13 and make. Everything that is made lands in .venv and .throughline.
PYTHON ?= $(shell for found in python3.13 python3.12 python3.11 python3; do \
	command -v $$found >/dev/null && $$found -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $$found && break; done)
VENV := .venv
STAMP := $(VENV)/.installed
RUN := $(VENV)/bin/throughline
LIVE := tests/e2e/test_stack.py tests/contract/test_sources_acceptance.py

.PHONY: help run test faults lint up down clean
.DEFAULT_GOAL := help

help:
	@echo "make run     the demo nights, from source systems to published tables"
	@echo "make up      keep Airflow running with its UI; make down stops it"
	@echo "make test    all tests"
	@echo "make faults  the long form of the fault tests, with their scoreboard"
	@echo "make clean   remove what run and up made (.throughline); the environment stays"

run: $(STAMP)
	@$(RUN) run

up: $(STAMP)
	@$(RUN) up

down: $(STAMP)
	@$(RUN) down

test: $(STAMP)
	@$(VENV)/bin/python -m pytest -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(PYTEST)

faults: $(STAMP)
	@$(VENV)/bin/python -m pytest -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder tests/faults $(LIVE) --faults $(PYTEST)

lint: $(STAMP)
	@$(VENV)/bin/ruff check . && $(VENV)/bin/ruff format --check .

clean:
	@if [ -x $(RUN) ]; then $(RUN) clean; fi

# Once per content of the lock: every file checked against its hash, nothing resolved anew, and
# bytecode left to the first import (compiling all of it takes longer than the rest).
$(STAMP): requirements.lock pyproject.toml
	@if [ -z "$(PYTHON)" ]; then \
		echo "Throughline needs Python 3.11, 3.12 or 3.13 with venv; name it: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)"; exit 1; fi
	@echo "Building the environment with $$($(PYTHON) --version); the first time takes a minute or two."
	@$(PYTHON) -m venv --clear $(VENV)
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-compile --no-deps --require-hashes --only-binary :all: -r requirements.lock
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
