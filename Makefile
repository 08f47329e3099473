# make demo    watch payments being scored          make test   every test but the long ones
# make lint    style, types, SQL, prose             make lock   compile the locks again
# make setup   install everything and stop          make clean  remove what setup installed
# make schema  dump what the migrations make        make test-long    upgrades, faults, fuzz, retraining
# make feature-table    write the table of docs/features.md from the headers of the SQL files
# make registry     install MLflow, which records models; make test-registry tests that
# make dashboards   install Superset, which shows the dashboards
# make api          install the decision API
# make desk         install the analyst's desk, into the same environment
# make peers        install what the streaming benchmark compares with
# make test-browser     start Superset and the desk, look at every page in Chromium
# make pictures         take the pictures of docs/pictures from a running stack
# make test-contract  ask the decision API whatever its document allows
# make test-faults  kill, stop and corrupt everything under load, count what is lost
# make audit        compare the locks with known advisories
SHELL := /bin/bash
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

# A stamp is valid for one path only: environments do not survive being moved.
here := $(shell printf '%s' '$(subst ','\'',$(CURDIR))' | cksum | cut -d' ' -f1)
streaming := .venv/.ready-$(here)
training := .venv-training/.ready-$(here)
registry := .venv-registry/.ready-$(here)
dashboards := .venv-dashboards/.ready-$(here)
browser := .venv-browser/.ready-$(here)
peers := .venv-peers/.ready-$(here)
serving := .venv-serving/.ready-$(here)
contract := .venv-contract/.ready-$(here)
dev := .venv-dev/.ready-$(here)
jars := .venv/.jars-$(here)
spark_jars := .venv/.spark-jars-$(here)

# What `swipestream jars` compiles.
java := $(shell find functions/src -type f)

# How long the demo lasts, as 60s or 5m; empty: until Ctrl-C.
FOR ?=
RATE ?= 200
SEED ?= 7
# 0: a demo without dashboards.
DASHBOARDS ?= 1
TESTS ?=
# For test-browser: a folder for the pictures it takes.
PICTURES ?=
# For pictures: pixels of the window, and a folder in place of docs/pictures.
WIDTH ?=
TO ?=
# For test-faults: all, or names of tests/faults/faults.py with commas between; a document to fill.
FAULTS ?= all
FAULTS_RATE ?= 500
REPORT ?=

.PHONY: help setup registry dashboards api desk peers demo test test-long test-browser pictures test-registry test-contract test-faults test-streaming test-training lint audit format lock schema feature-table clean

help:
	@grep -E '^# make' Makefile | cut -c3-

.venv/.ready-%: locks/streaming.txt locks/bootstrap.txt pyproject.toml scripts/bootstrap.sh
	@scripts/bootstrap.sh streaming .venv $@

.venv-training/.ready-%: locks/training.txt locks/bootstrap.txt pyproject.toml scripts/bootstrap.sh
	@scripts/bootstrap.sh training .venv-training $@

.venv-registry/.ready-%: locks/registry.txt locks/bootstrap.txt pyproject.toml scripts/bootstrap.sh
	@scripts/bootstrap.sh registry .venv-registry $@

.venv-dashboards/.ready-%: locks/dashboards.txt locks/bootstrap.txt pyproject.toml scripts/bootstrap.sh
	@scripts/bootstrap.sh dashboards .venv-dashboards $@

.venv-browser/.ready-%: locks/browser.txt locks/bootstrap.txt pyproject.toml scripts/bootstrap.sh
	@scripts/bootstrap.sh browser .venv-browser $@

.venv-peers/.ready-%: locks/peers.txt locks/bootstrap.txt pyproject.toml scripts/bootstrap.sh
	@scripts/bootstrap.sh peers .venv-peers $@

.venv-serving/.ready-%: locks/serving.txt locks/bootstrap.txt pyproject.toml scripts/bootstrap.sh
	@scripts/bootstrap.sh serving .venv-serving $@

.venv-contract/.ready-%: locks/contract.txt locks/bootstrap.txt scripts/bootstrap.sh
	@scripts/bootstrap.sh contract .venv-contract $@

.venv-dev/.ready-%: locks/dev.txt locks/bootstrap.txt scripts/bootstrap.sh
	@scripts/bootstrap.sh dev .venv-dev $@

.venv/.jars-%: locks/jars.txt $(java) .venv/.ready-%
	@.venv/bin/swipestream jars >/dev/null
	@touch $@

.venv/.spark-jars-%: locks/jars.txt .venv/.ready-%
	@.venv/bin/swipestream jars --with spark
	@touch $@

setup: $(streaming) $(training) $(jars)

registry: $(registry)

dashboards: setup $(dashboards)

api: setup $(serving)

desk: setup $(serving)

peers: setup $(peers) $(spark_jars)

demo: setup
	@.venv/bin/swipestream demo $(if $(FOR),--for $(FOR)) --rate $(RATE) --seed $(SEED) $(if $(filter-out 0,$(DASHBOARDS)),--dashboards)

# Training needs no stack: it runs beside the tests that mostly wait for one, and yields to them.
test: setup $(training) $(serving)
	@log=$$(mktemp); nice $(MAKE) test-training >"$$log" 2>&1 & training=$$!; \
	trap 'kill $$training 2>/dev/null; exit 130' INT TERM; \
	$(MAKE) test-streaming; streaming=$$?; \
	wait $$training; code=$$?; cat "$$log"; rm -f "$$log"; \
	[ $$streaming = 0 ] && [ $$code = 0 ]

long := tests/jobs/upgrade tests/faults tests/pipeline/test_fuzzed_messages.py tests/retraining/test_whole_way.py
with_superset := tests/apps/superset
with_schemathesis := tests/serving/contract
with_browser := tests/serving/desk/in_browser

# The decision API against its own OpenAPI document.
test-contract: setup $(serving) $(contract)
	@.venv/bin/python -m pytest tests/serving/contract

test-streaming: setup $(serving)
	@.venv/bin/python -m pytest $(or $(TESTS),$(foreach folder,$(long) $(with_superset) $(with_schemathesis) $(with_browser),--ignore=$(folder)))

# Each change of a running job, and each fault, takes half a minute to settle; so does the fuzz.
# From drift to promotion, three models are trained.
test-long: setup
	@.venv/bin/python -m pytest $(long)

# Superset and the desk, and a real browser if the system has one.
test-browser: setup $(dashboards) $(serving) $(browser)
	@PICTURES="$(PICTURES)" .venv/bin/python -m pytest $(with_superset) $(with_browser)

# Of the stack that is running, after a demo.
pictures: setup $(dashboards) $(browser)
	@.venv/bin/python -m scripts.pictures $(if $(WIDTH),--width $(WIDTH)) $(if $(TO),--to "$(TO)")

# The record of models in MLflow.
test-registry: $(registry)
	@.venv-registry/bin/python -m pytest tests/apps/mlflow

# Training, what is measured with it, and the two packages that must work in both environments.
test-training: $(training)
	@.venv-training/bin/python -m pytest -m "not stack" tests/training $(wildcard tests/simulator tests/udfs tests/bench)

test-faults: setup
	@.venv/bin/python -m pytest tests/faults --faults $(FAULTS) --faults-rate $(FAULTS_RATE) --faults-report "$(REPORT)"

lint: $(streaming) $(training) $(serving) $(dev)
	@scripts/lint.sh

audit: setup $(dev)
	@.venv/bin/python -m scripts.audit --pip-audit .venv-dev/bin/pip-audit

format: $(dev)
	@.venv-dev/bin/ruff check --fix .
	@.venv-dev/bin/ruff format .

lock: $(streaming)
	@scripts/lock.sh

schema: setup
	@.venv/bin/python -m swipestream.database.schema_text

feature-table: setup
	@.venv/bin/python -m swipestream.features.feature_table

clean:
	@if [ -x .venv/bin/swipestream ]; then .venv/bin/swipestream down; fi
	rm -rf .venv .venv-training .venv-registry .venv-dashboards .venv-browser .venv-peers .venv-serving .venv-contract .venv-dev .tools .mypy_cache .ruff_cache .pytest_cache
