# Table of contents: every target is a line or three. `make help` lists them.

SHELL       := bash
.SHELLFLAGS := -euo pipefail -c
CARGO       ?= cargo
# Another place for the Python environment, to share it between checkouts.
VENV        := $(abspath $(or $(PETR4_VENV),.venv))
PYTHON      := $(VENV)/bin/python
# `make mlflow PORT=5001`; `make up MLFLOW_PORT=5001 API_PORT=8001`.
# Without API_PORT, `make api` leaves the port to petr4.toml and `make up` takes 8000.
PORT        ?= 5000
MLFLOW_PORT ?= $(PORT)
API_PORT    ?=
# `make train ARGS="--source file:prices.csv"`
ARGS        ?=
# A machine with nothing but Rust has no nextest.
NEXTEST     := $(shell $(CARGO) nextest --version >/dev/null 2>&1 && echo yes)
RUN_TESTS   := $(if $(NEXTEST),$(CARGO) nextest run,$(CARGO) test --lib --bins --tests)

# What the tests start: a Python that has MLflow and Prophet.
export PETR4_PYTHON = $(PYTHON)

.DEFAULT_GOAL := help
.PHONY: help train api mlflow up down test test-cloud e2e soak schemathesis bench bench-peers bench-mlflow bench-serving alerts fuzz lint fmt docs deny venv releases golden clean

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*## ' Makefile | awk -F ':.*## ' '{ printf "  make %-12s %s\n", $$1, $$2 }'

train: ## fetch, fit, evaluate, track and register (ARGS="--symbol VALE3.SA")
	$(CARGO) run -p trainer -- $(ARGS)

api: ## serve what the registry has in Production (API_PORT=8001)
	$(if $(API_PORT),PETR4__API__PORT=$(API_PORT) )$(CARGO) run -p api -- $(ARGS)

mlflow: venv ## open MLflow's user interface over ./mlflow.db, on PORT 5000
	@deploy/local mlflow "$(VENV)" $(PORT)

up: venv ## start MLflow and the API in the background, and wait until they answer
	$(CARGO) build -p api
	@deploy/local up "$(VENV)" $(MLFLOW_PORT) $(or $(API_PORT),8000)

down: ## stop what `make up` started
	@deploy/local down

test: releases ## run every test: doctests, then the rest
	$(CARGO) test --workspace --doc
	$(RUN_TESTS) --workspace

# A server that speaks S3, and Python's client of it: in a place of their own, as `make clean` removes.
MOTO_VENV   := $(abspath $(or $(PETR4_MOTO_VENV),target/moto/venv))

test-cloud: ## run the tests of artifacts in S3 against moto (about 300 MB)
	@deploy/venv "$(MOTO_VENV)" requirements-cloud.txt
	PETR4_MOTO="$(MOTO_VENV)/bin/python" $(CARGO) test -p mlflow-client --features cloud --test it cloud::

e2e: venv ## run the tests of the two programs, the proofs on bad days beside real servers included
	NEXTEST_PROFILE=e2e $(RUN_TESTS) -p trainer -p api

schemathesis: venv ## ask the running API whether its OpenAPI document is true
	@deploy/venv "$(VENV)/schemathesis" requirements-schemathesis.txt
	$(RUN_TESTS) -p api openapi

bench: ## run the benchmarks
	$(CARGO) bench -p benches

# What it compares with: in a place of its own, which `make clean` removes.
PEERS_VENV  := $(abspath $(or $(PETR4_PEERS_VENV),target/peers/venv))
SHARED      := $(abspath $(or $(PETR4_SHARED),../shared))
ROUNDS      ?= 5
# One core for all of them, where there is a way to say so.
CORE        ?= 1
PINNED      := $(if $(shell command -v taskset),taskset -c $(CORE))

bench-peers: ## race Python Prophet, augurs and prophet-batch, tables into docs/performance.md
	-@deploy/venv "$(PEERS_VENV)" benches/peers/requirements.txt
	$(CARGO) build --release -p examples --bin prophet
	$(CARGO) build --release -p benches --features peers --bin peers
	$(PINNED) $(CARGO) run --quiet --release -p benches --features peers --bin peers -- --rounds $(ROUNDS) \
	  --python "$(PEERS_VENV)/bin/python" --shared "$(SHARED)" --page docs/performance.md

bench-mlflow: venv ## race MLflow's Python client over real servers, tables into docs/performance.md
	$(CARGO) run --quiet --release -p benches --features mlflow --bin mlflow -- --rounds $(ROUNDS) \
	  --page docs/performance.md

SERVING_VENV := $(abspath $(or $(PETR4_SERVING_VENV),target/peers/serving))
TARGET_DIR   := $(or $(CARGO_TARGET_DIR),target)

bench-serving: ## race FastAPI, mlflow models serve and MLServer (needs wrk), tables into docs/performance.md
	@deploy/venv "$(SERVING_VENV)" benches/serving/requirements.txt
	$(CARGO) build --release -p api --bin api --example bare --example swapping
	python3 benches/serving/race.py --api "$(abspath $(TARGET_DIR)/release/api)" \
	  --bare "$(abspath $(TARGET_DIR)/release/examples/bare)" \
	  --swapping "$(abspath $(TARGET_DIR)/release/examples/swapping)" \
	  --python "$(SERVING_VENV)/bin/python" --rounds $(ROUNDS) --page docs/performance.md
	python3 benches/serving/refusals.py --api "$(abspath $(TARGET_DIR)/release/api)" \
	  --python "$(SERVING_VENV)/bin/python" --page docs/performance.md

PROMOTIONS   ?= 10000

soak: venv ## promote 10,000 times under load and check every answer (PROMOTIONS=500)
	$(CARGO) build --release -p api --bin api
	python3 benches/serving/soak.py --api "$(abspath $(TARGET_DIR)/release/api)" \
	  --python "$(PYTHON)" --promotions $(PROMOTIONS)

PROMTOOL     ?= promtool

alerts: ## check the alerts, and what sets each of them off (needs promtool: apt-get install prometheus)
	$(PROMTOOL) check config deploy/prometheus/prometheus.yml
	$(PROMTOOL) test rules deploy/prometheus/alerts_test.yml

# `make fuzz TARGET=compact FUZZ_S=600`
TARGET      ?= prophet_json
FUZZ_S      ?= 300

fuzz: ## let a fuzzer loose on TARGET, fit, prophet_json or compact (needs nightly and cargo-fuzz)
	ulimit -v 4000000; cd fuzz && $(CARGO) +nightly fuzz run --sanitizer none $(TARGET) -- \
	  -max_total_time=$(FUZZ_S) -timeout=10 -rss_limit_mb=2000

lint: docs ## check the format, then clippy and the docs with warnings as errors
	$(CARGO) fmt --all -- --check
	$(CARGO) clippy --workspace --all-targets --features examples/market -- -D warnings

fmt: ## format every source file
	$(CARGO) fmt --all

docs: ## build the documentation, warnings as errors
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps

deny: ## check licences, sources and duplicate packages (needs cargo-deny)
	$(CARGO) deny --offline check bans licenses sources

venv: ## make .venv with the pinned MLflow and Prophet, once
	@deploy/venv "$(VENV)" requirements-mlflow.txt

releases: venv ## add the other releases of MLflow that the tests use to .venv, once
	@deploy/releases "$(VENV)" requirements-releases.txt

golden: venv ## make the golden files again with Python Prophet
	$(PYTHON) crates/testkit/python/make_golden.py
	$(PYTHON) crates/testkit/python/make_golden_diagnostics.py
	$(PYTHON) crates/testkit/python/make_golden_features.py
	$(PYTHON) crates/testkit/python/make_golden_intervals.py
	$(PYTHON) crates/testkit/python/make_golden_mcmc.py

clean: ## remove build output and .petr4; the store and .venv stay
	$(CARGO) clean
	rm -rf .petr4
