# Needs Python 3.11, 3.12 or 3.13 and make. Everything that is made lands in .venv and .throughline.
PYTHON ?= $(shell for found in python3.13 python3.12 python3.11 python3; do \
	command -v $$found >/dev/null && $$found -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $$found && break; done)
VENV := .venv
STAMP := $(VENV)/.installed
RUN := $(VENV)/bin/throughline
SPARK_VENV := .venv-spark
SPARK := $(SPARK_VENV)/.installed
SPARK_SOURCES := pyspark,pyhive,pure-sasl,thrift,thrift-sasl
LIVE := tests/e2e/test_stack.py tests/contract/test_sources_acceptance.py

.PHONY: help run test faults spark spark-env spark-test lint up down clean
.DEFAULT_GOAL := help

help:
	@echo "make run     the demo nights, from source systems to published tables"
	@echo "make up      keep Airflow running with its UI; make down stops it"
	@echo "make test    all tests"
	@echo "make faults  the long form of the fault tests, with their scoreboard"
	@echo "make spark   the newest run once more on Spark: a master, two workers, a Thrift server"
	@echo "make spark-env   installs Spark, the second engine; make test then tests it too"
	@echo "make spark-test  compares every table of both engines, and loses a worker"
	@echo "make clean   remove what run and up made (.throughline); the environment stays"

run: $(STAMP)
	@$(RUN) run

up: $(STAMP)
	@$(RUN) up

down: $(STAMP)
	@$(RUN) down

# Where Spark is installed, what needs it runs first, in its environment; else it says why it is skipped.
test: $(STAMP)
	@if [ -e $(SPARK) ] && [ -z "$(PYTEST)" ]; then $(SPARK_VENV)/bin/python -m pytest tests/spark; fi
	@$(VENV)/bin/python -m pytest -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(PYTEST)

faults: $(STAMP)
	@$(VENV)/bin/python -m pytest -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder tests/faults $(LIVE) --faults $(PYTEST)

spark-env: $(SPARK)

spark: $(SPARK)
	@$(SPARK_VENV)/bin/python -m throughline.spark.run

spark-test: $(SPARK)
	@$(SPARK_VENV)/bin/python -m pytest tests/spark --spark-whole $(PYTEST)

lint: $(STAMP)
	@$(VENV)/bin/ruff check . && $(VENV)/bin/ruff format --check .

clean:
	@if [ -x $(RUN) ]; then $(RUN) clean; fi

# Once per content of the lock: every file checked against its hash, nothing resolved anew, and
# bytecode left to the first import (compiling all of it takes longer than the rest). By a pip of
# our choice: the one that an older Python brings takes twice the time.
# The second engine stands beside the environment and sees all of it; nothing else sees Spark, which
# Great Expectations would load wherever it finds it. Some of its packages come as source alone.
$(SPARK): requirements-spark.lock $(STAMP)
	@echo "Adding Spark in $(SPARK_VENV): 450 MB, once."
	@$(VENV)/bin/python -m venv --clear --without-pip $(SPARK_VENV)
	@$(VENV)/bin/python -c 'import pathlib, sysconfig as s; here = s.get_path("purelib"); there = s.get_path("purelib", vars={"base": "$(SPARK_VENV)"}); pathlib.Path(there, "beside.pth").write_text(f"import site; site.addsitedir({here!r})\n")'
	@$(VENV)/bin/python -m pip --python $(SPARK_VENV) install --quiet --disable-pip-version-check --no-compile --no-deps --require-hashes --no-build-isolation --only-binary :all: --no-binary $(SPARK_SOURCES) -r requirements-spark.lock
	@touch $@

$(STAMP): requirements.lock requirements-pip.lock pyproject.toml
	@if [ -z "$(PYTHON)" ]; then \
		echo "Throughline needs Python 3.11, 3.12 or 3.13 with venv; name it: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)"; exit 1; fi
	@echo "Building the environment with $$($(PYTHON) --version); the first time takes a minute or two."
	@$(PYTHON) -m venv --clear $(VENV)
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary :all: -r requirements-pip.lock
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-compile --no-deps --require-hashes --only-binary :all: -r requirements.lock
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
