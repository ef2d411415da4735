# Everything a person or CI runs. `make demo` and `make test` set themselves up in .venv/; nothing else is installed by hand.
PYTHON ?= python3
BIN := .venv/bin
CASES ?= 200
SEED ?= 2026

.DEFAULT_GOAL := help

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.venv/runtime.stamp: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	touch $@

.venv/dev.stamp: .venv/runtime.stamp requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	touch $@

setup: .venv/runtime.stamp  ## install what the programs need into .venv/
dev: .venv/dev.stamp  ## install what tests and checks need as well

demo: .venv/runtime.stamp  ## household transfers among four provinces, two kills, an audit: demo-out/report.html
	$(BIN)/yrdx-sim run --cases $(CASES) --seed $(SEED) --out demo-out

test: .venv/dev.stamp  ## all tests
	$(BIN)/pytest -q

APACHE_TESTS := tests/apache tests/hub/test_exchange.py tests/hub/test_faults.py

test-apache-kafka: .venv/dev.stamp  ## the hub and a small run on Apache Kafka, one node and three (needs Java 17 and Maven)
	$(BIN)/python -m runtime.apache
	$(BIN)/pytest -q --kafka apache $(APACHE_TESTS)
	$(BIN)/pytest -q --kafka apache3 $(APACHE_TESTS)

sabotage: .venv/dev.stamp  ## remove one defence after the other; each must be noticed
	$(BIN)/python -m tests.sabotage

model-check: .venv/dev.stamp  ## TLC on docs/spec: each model as it is, then without one rule after the other
	$(BIN)/python -m scripts.model_check

faults: .venv/runtime.stamp  ## kill every process at every named point, with work in flight: faults-out/faults.json
	$(BIN)/yrdx-sim faults --seed $(SEED) --out faults-out

up: .venv/runtime.stamp  ## the same world left running in the background
	$(BIN)/yrdx-sim up --out up

down:  ## stop it
	$(BIN)/yrdx-sim down --out up

bench: .venv/dev.stamp  ## rates beside their floors and peers: bench-report.json
	$(BIN)/python -m bench

fmt: .venv/dev.stamp  ## format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: .venv/dev.stamp  ## format, lint, types, imports, contract, generated files
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/buf lint proto
	$(MAKE) --no-print-directory proto-check docs-check

proto: .venv/dev.stamp  ## generate the Python code of the contract
	scripts/make_proto.sh

proto-check: proto
	git diff --exit-code -- proto

docs: .venv/dev.stamp  ## generate docs/errors.md, docs/procedures.md and docs/settings.md
	$(BIN)/python -m scripts.make_docs
	$(BIN)/python -m scripts.make_settings_docs

docs-check: docs
	git diff --exit-code -- docs

clean:  ## remove what was installed and made
	rm -rf .venv .cache demo-out faults-out up bench-out bench-report.json

.PHONY: help setup dev demo test test-apache-kafka sabotage model-check faults up down bench fmt lint proto proto-check docs docs-check clean
