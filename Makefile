# Git, make and any Python from 3.11 on are enough: the rest is installed into .venv, pinned and hashed.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

# Tests start hundreds of processes of ours: without its cache each would compile everything again.
unexport PYTHONDONTWRITEBYTECODE

VENV := .venv
BIN  := $(VENV)/bin

# Stamp files inside .venv: for the service, and for the service with the developers' tools.
SERVICE := $(VENV)/.service-installed
HOUSE   := $(VENV)/.house-installed

PIP  := $(BIN)/python -m pip --disable-pip-version-check --no-input
LOCK := $(BIN)/uv --no-config pip compile --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" --quiet $(UPGRADE)
LOCKS := requirements.lock requirements-dev.lock bench/peers/requirements.lock \
         bench/profiler/requirements.lock

# Checks the types of the sandbox's page; it is installed into build/ only.
TYPESCRIPT := 7.0.2
TSC := build/typescript-$(TYPESCRIPT)/node_modules/.bin/tsc

# In CI a check that cannot run fails; elsewhere it says loudly that it did not run.
NOTHING_LEFT_OUT := $(filter 1,$(LOYALTY_TEST_REQUIRE_ALL))$(filter 1 true,$(CI))

# One test process more than there are processors, up to eight: one of them mostly waits, for a browser or a database.
# WORKERS=0 keeps everything in one.
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
PYTEST   = $(BIN)/python -m pytest -n $(WORKERS) --maxprocesses=8 --dist=worksteal

##@ Every day

.PHONY: run
run: $(SERVICE)  ## set up everything, then serve a demo shop with its own throw-away database
	@$(BIN)/loyalty demo

.PHONY: test
test: $(HOUSE)  ## set up everything, then run the whole suite (the rules must be covered to the last branch)
	@$(BIN)/python -m pytest -n 0 tests/core -m "not hypothesis" \
	    --cov=loyalty_core --cov-branch --cov-fail-under=100 --cov-report=term-missing:skip-covered
	@$(PYTEST)

.PHONY: test-fast
test-fast: $(HOUSE)  ## in a minute: tests that need no server, no program of their own, no browser and no pictures
	@$(PYTEST) -m "not slow" --hypothesis-profile=fast

.PHONY: check
check: lint types imports scripts  ## everything that reads the code without running it

.PHONY: fix
fix: $(HOUSE)  ## repair what the linter can repair, and format
	@$(BIN)/ruff check --fix --show-fixes .
	@$(BIN)/ruff format .

##@ One at a time

.PHONY: setup
setup: $(HOUSE)  ## make .venv with the service and all tools of its developers

.PHONY: lint
lint: $(HOUSE)  ## style and formatting
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

.PHONY: types
types: $(HOUSE)  ## strict types
	@$(BIN)/mypy
	@cd sdks/python && ../../$(BIN)/mypy --package loyaltyloop

.PHONY: imports
imports: $(HOUSE)  ## who may import whom
	@$(BIN)/lint-imports

.PHONY: scripts
scripts:  ## types of the sandbox's JavaScript; needs node and npm, and fails without them in CI
	@missing=; \
	if ! command -v node > /dev/null || ! command -v npm > /dev/null; then \
	    missing='there is no node or no npm on PATH. Install them, as `apt-get install nodejs npm`.'; \
	elif ! $(MAKE) -s $(TSC); then \
	    missing='npm could not install typescript@$(TYPESCRIPT). Its message is above.'; \
	fi; \
	if [ -z "$$missing" ]; then $(TSC) -p jsconfig.json; \
	elif [ -n "$(NOTHING_LEFT_OUT)" ]; then echo "The JavaScript cannot be checked: $$missing" >&2; exit 1; \
	else echo "!! The types of the JavaScript were NOT CHECKED: $$missing" >&2; fi

.PHONY: bench
bench: $(HOUSE)  ## run all benchmarks, and gather what they found in one table (takes half an hour)
	@$(BIN)/python -m bench $(ARGS)

.PHONY: pictures
pictures: $(HOUSE)  ## draw cards, a poster, a chart and the pages into build/pictures, to be looked at
	@$(BIN)/python -m loyalty_app.pictures build/pictures
	@$(BIN)/python -m tests.pages.pictures build/pictures

##@ Proofs

.PHONY: prove-ha
prove-ha: bench-high-availability  ## two machines, a standby and PgBouncer under load: things break, and each stamp is counted

##@ One benchmark alone, with its own options in ARGS, as ARGS='--shops 1'

BENCHES := bench-analytics bench-batches bench-cards bench-chat bench-cluster bench-cost bench-crowd-growth bench-encodings bench-endpoints bench-high-availability \
           bench-importing bench-kills bench-large-shop bench-lasting-bytes bench-live bench-messages bench-moves bench-neighbours bench-peers bench-photos \
           bench-processes bench-reads bench-scan bench-searches bench-stamps bench-start \
           bench-webhooks

.PHONY: $(BENCHES)
$(BENCHES): $(HOUSE)
	@$(BIN)/python -m $(subst -,_,$(@:bench-%=bench.%)) $(ARGS)

.PHONY: bench-move
bench-move: bench-moves  ## the same as bench-moves

bench-analytics:  ## how long summaries take, with a million transactions and with ten
bench-batches:    ## stamps a second in batches of a hundred, and single stamps beside them
bench-cards:      ## how long a card takes to draw
bench-chat:       ## how soon a press of a button shows
bench-cluster:    ## stamps a second on a Citus cluster of yours beside one PostgreSQL, and the longest pause while a shard moves
bench-cost:       ## what a server costs: start, memory, growth, and where the time of a stamp goes
bench-crowd-growth: ## stamps a second with few customers and with a million, one shop and many, many webhooks
bench-encodings:  ## how many sheets from before Unicode are read in the right letters, refused, or misread
bench-endpoints:  ## stamps a second of a shop with one webhook, with ten and with fifty, side by side
bench-high-availability: ## machines and a primary are killed under load: nothing may be lost (a proof of some minutes)
bench-importing:  ## how fast a spreadsheet comes in
bench-kills:      ## a bot is killed 200 times: nothing may be lost (this is a proof, and takes long)
bench-large-shop: ## each read of a shop with a million customers, on both databases and over HTTP (takes ten minutes)
bench-lasting-bytes: ## what a stamp leaves in the database for ever, now and as older releases wrote it
bench-live:       ## how soon 500 open cards hear of a stamp, and how long stamps take meanwhile
bench-messages:   ## how long a press takes while thousands are written to (takes ten minutes)
bench-moves:      ## how fast an installation moves to another database, and for how long nobody can write
bench-neighbours: ## what a stamp costs with one shop and with a hundred, on a first and a later visit of a day
bench-peers:      ## install what others would build instead, and prove that it does the same work
bench-photos:     ## how many photos of codes are read, and how fast
bench-processes:  ## what a stamp costs with one API process and with two, what they wait for, and what idle ones ask for
bench-reads:      ## how long reads take, with ten thousand customers and with a million
bench-scan:       ## how soon a card before the scanner is stamped, and what its pictures cost (needs chromium)
bench-searches:   ## how fast customers are found by name or number among a million, and how long they take to be indexed
bench-start:      ## how soon a server is ready, its memory then, and its first stamp
bench-stamps:     ## stamps a second over HTTP, beside the databases alone and the peers
bench-webhooks:   ## how soon an event reaches its receiver

##@ Now and then

.PHONY: words
words: $(HOUSE)  ## collect what the bot and the pages say into their catalogues, and tell what is to be translated
	@$(BIN)/python -m bots.extract_messages
	@$(BIN)/python -m testkit.page_catalogues

.PHONY: sdks
sdks: $(HOUSE)  ## generate the models and methods of the SDKs from the OpenAPI
	@$(BIN)/python -m sdks.generator

.PHONY: lock
lock: | $(BIN)/uv  ## pin and hash all dependencies again (UPGRADE=--upgrade takes the newest)
	@$(LOCK) pyproject.toml --extra build -o requirements.lock
	@$(LOCK) pyproject.toml --extra build --extra mcp --extra dev -c requirements.lock -o requirements-dev.lock
	@$(LOCK) bench/peers/requirements.in -o bench/peers/requirements.lock
	@$(LOCK) bench/profiler/requirements.in -o bench/profiler/requirements.lock
	@! grep -nE '://|^ *-(i|f|-index|-extra|-find)' $(LOCKS) \
	    || { echo 'The lock names a place on this machine or network: see the lines above.' >&2; exit 1; }

.PHONY: clean
clean:  ## remove .venv and everything else that is made
	@rm -rf $(VENV) build dist ./*.egg-info .coverage .coverage.* htmlcov \
	    .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help
help:  ## this list
	@awk 'BEGIN {FS = ":.*## "} \
	    /^##@ / {printf "\n%s\n", substr($$0, 5)} \
	    /^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# The rest makes .venv. A changed lock or pyproject.toml installs again; otherwise nothing is done.

$(SERVICE): requirements.lock pyproject.toml | $(BIN)/python
	@echo 'Installing the service …'
	@$(PIP) install --quiet --no-deps --require-hashes -r requirements.lock
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(HOUSE): requirements-dev.lock requirements.lock pyproject.toml | $(BIN)/python
	@echo 'Installing the service and the tools of its developers …'
	@$(PIP) install --quiet --no-deps --require-hashes -r requirements-dev.lock
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $(SERVICE) $@

# No lock file: it would name the addresses of downloads.
$(TSC):
	@echo 'Installing TypeScript …'
	@npm install --prefix build/typescript-$(TYPESCRIPT) --no-save --no-package-lock --no-audit --no-fund \
	    --loglevel=error typescript@$(TYPESCRIPT)

$(BIN)/uv:
	@$(MAKE) setup

$(BIN)/python:
	@for python in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11; do \
	    if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	    echo 'No Python 3.11 or newer found. Install one, or name it: make PYTHON=/path/to/python3.12' >&2; exit 1; \
	fi; \
	if ! "$$found" -c 'import ensurepip, venv' 2>/dev/null; then \
	    echo "$$found cannot make virtual environments. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; \
	fi; \
	echo "Making $(VENV) with $$("$$found" --version) …"; \
	"$$found" -m venv --clear $(VENV)
