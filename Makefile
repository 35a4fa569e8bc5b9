# One command surface: the same words here, in the README and in CI.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help install lock fix lint test test-browser test-long bench demo

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: .venv/installed  ## put the locked dependencies into .venv

.venv/installed: requirements/dev.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

lock: install  ## pin the newest versions that pyproject.toml allows
	$(BIN)/pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip compile pyproject.toml --upgrade --universal --python-version 3.11 --generate-hashes \
		--no-header --no-annotate --output-file requirements/runtime.txt --quiet
	$(BIN)/uv pip compile pyproject.toml --group dev --upgrade --universal --python-version 3.11 --generate-hashes \
		--no-header --no-annotate --constraints requirements/runtime.txt --output-file requirements/dev.txt --quiet

fix: install  ## format, and mend what the linter can mend
	$(BIN)/ruff check --fix --quiet . || true
	$(BIN)/ruff format .

lint: install  ## format, lint, types and import rules, changing nothing
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy .
	$(BIN)/lint-imports --no-cache

test: lint  ## lint, and the tests of five minutes
	$(BIN)/pytest --numprocesses 4 --dist worksteal --quiet  # most of a test is waiting

test-browser: install  ## drive the demo's page in the system's Chromium
	$(BIN)/pytest -m browser --quiet

test-long: install  ## all other cases, in an hour, which is that of the hour of use
	$(BIN)/pytest -m long --numprocesses 4 --dist worksteal --quiet

bench: install  ## figures beside a bare bot and of a large server, in half an hour; no test
	@$(BIN)/python -m benchmarks
	@$(BIN)/python -m benchmarks.quotas

demo: install  ## the bot in a local world: no account, no key, no network
	@$(BIN)/python -m sandbox
