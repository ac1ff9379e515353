# Two commands: `make run` starts everything, `make test` proves everything.

PYTHON ?= python3
UV ?= uv
VENV := .venv
RUN := $(VENV)/bin/python
START := $(PYTHON) start.py --venv $(VENV)
# Two for each of two cores: a test of a browser waits for a quarter of its time.
WORKERS ?= 4
PYTEST_BROWSER := $(RUN) -m pytest -n $(WORKERS) --dist worksteal -q

# When make was called, for the last line of `make test`.
BEGAN := $(shell date +%s)

PYTEST_CELLS = $(PYTEST_BROWSER) e2e/test_matrix.py $(if $(K),-k "$(K)") $(if $(PROFILE),--profile $(PROFILE))
# What has more to try than make test does.
BESIDE_CELLS := e2e/test_applications.py e2e/test_honest.py e2e/test_safety.py e2e/test_trainers_page.py e2e/test_weaknesses.py e2e/test_webkit.py e2e/test_what_a_server_can_know.py
# What loads, what is sent, and what needs the attacker's own account at the bank.
HTTPS_CELLS := image-get or form-post or foreign-token-post

.DEFAULT_GOAL := help
.PHONY: help python to-run to-test run room doctor rehearse bundle hosts reset check test test-full browsers matrix matrix-full parity flaky matrix-https webkit sabotage stress bench bench-room docs prove prove-labs csrf-bench libraries new-attack new-defense new-weakness requirements clean

help: ## Print this help
	@awk -F ':.*## ' '/^##@/ { printf "\n%s\n", substr($$0, 5) } /^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

##@ Use
run: python ## Start both sites; Ctrl-C stops them (VICTIM_PORT, ATTACKER_PORT, BIND, VAR_DIR, HTTPS=1, VICTIM_BROWSER=0)
	@$(START)

room: python ## Open a room: the others reach this playground through ssh (ROOM_CODE, ROOM_PORT, ROOM_BIND)
	@ROOM=1 $(START)

doctor: to-test ## Is this laptop ready for a room? (TRAINER=192.168.1.5 also asks the trainer's)
	@TRAINER="$(TRAINER)" $(RUN) -m tools.doctor

rehearse: to-run ## Thirty attendees who aren't there, for the room that runs here (PEOPLE=30, PACE=8)
	@$(RUN) -m room.rehearse

bundle: to-run ## One archive that starts offline on a machine with the same system
	@$(RUN) -m tools.bundle

hosts: to-run ## Print lines for the hosts file, where the names do not resolve (NAME=otter42)
	@$(RUN) -m tools.hosts "$(NAME)"

reset: to-run ## Forget all labs, progress, loot and exploits; keep the environment
	@$(RUN) -m tools.runner.reset

##@ Prove
test: check browsers ## Everything: check, then cells and pages in three browsers
test-full: check browsers ## The same in every browser, with each variant but those of matrix-full (an hour)
test-full: WHOLE := --whole
test test-full:
	@$(RUN) -m tools.postgresql
	$(RUN) -m csrf_proof.profiles
	$(PYTEST_BROWSER) e2e --reruns 1 $(WHOLE)
	@took=$$(( $$(date +%s) - $(BEGAN) )); echo "make $@ took $$(( took / 60 )) min $$(( took % 60 )) s"

check: to-test ## Lint, types, import contract, catalogue, unit tests (about a minute)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy .
	$(VENV)/bin/mypy --platform win32 --cache-dir .mypy_cache/win32 start.py tools/run.py
	$(RUN) -m tools.server_types
	$(VENV)/bin/lint-imports --no-cache
	$(RUN) -m tools.check
	$(RUN) -m tools.english
	$(RUN) -m tools.translation
	$(RUN) -m tools.matrix_page --check
	$(RUN) -m tools.libraries_page --check
	$(RUN) -m pytest csrf_proof catalogue victim_site attacker_site victim_bot webserver room tools -n 2 -q

matrix: browsers ## The cells of `make test` (K=form-post picks some, PROFILE=firefox one)
	$(PYTEST_CELLS)

matrix-full: browsers ## All cells, applications, honest users, situations and pages (an hour)
	$(PYTEST_CELLS) $(BESIDE_CELLS) --all-cells

parity: browsers ## Every cell that takes a shortcut, the long way (PROFILE=firefox: those of one)
	$(PYTEST_BROWSER) e2e/test_matrix.py -k "test_cell$(if $(K), and ($(K)))" --all-cells --long-way $(addprefix --profile ,$(or $(PROFILE),chromium-no-3pc firefox))

flaky: browsers ## All browser tests three times, 300 cells among them, with every core kept busy
	$(RUN) -m e2e.flaky

matrix-https: browsers ## What https changes, and attacks that must not notice it (K, PROFILE as above)
	$(PYTEST_BROWSER) e2e/test_https.py --all-cells $(if $(K),-k "$(K)") $(if $(PROFILE),--profile $(PROFILE)) || [ $$? -eq 5 ]
	$(PYTEST_BROWSER) e2e/test_matrix.py --https -k "$(or $(K),$(HTTPS_CELLS))" $(if $(PROFILE),--profile $(PROFILE))

webkit: browsers ## The classic attacks in WebKit, where it's installed (K, as above)
	$(PYTEST_BROWSER) e2e/test_webkit.py --all-cells $(if $(K),-k "$(K)")

sabotage: browsers ## Take each defense away, and see its column turn red (DEFENSE=post-only: one)
	$(RUN) -m e2e.sabotage $(DEFENSE)

stress: to-test ## Try to stop both sites, and see that nothing is lost (K=kills, SEED=1, SHORT=1)
	$(RUN) -m e2e.stress $(K) $(if $(SEED),--seed $(SEED)) $(if $(SHORT),--short)

##@ Attack your own application
prove: browsers ## URL=http://127.0.0.1:5055/email (ARGS="--sign-in /login --as alice")
	$(RUN) -m csrf_proof $(or $(URL),--help) $(ARGS)

prove-labs: browsers ## The same on the bank's labs, seen from outside, against the matrix (K, PROFILE as above)
	$(PYTEST_BROWSER) e2e/test_prove_labs.py --all-cells $(if $(K),-k "$(K)") $(if $(PROFILE),--profile $(PROFILE))

csrf-bench: browsers ## The same on small changes to applications, against what each means (K, PROFILE as above)
	$(PYTEST_BROWSER) e2e/test_mutants.py --all-cells $(if $(K),-k "$(K)") $(if $(PROFILE),--profile $(PROFILE))

libraries: browsers ## Try every attack on each library's application (K=tornado picks one); then docs/libraries.md
	$(RUN) -m tools.libraries $(K) $(ARGS)
	$(RUN) -m tools.libraries_page

##@ Measure
bench: browsers ## Ratios to floors measured in the same run (K=requests, AGAINST=TREE, WRITE=1)
	$(RUN) -m benchmarks $(K) $(if $(AGAINST),--against "$(AGAINST)") $(if $(WRITE),--write)

bench-room: to-test ## 200 attendees through the tunnel, next to the same without it (PEOPLE=200)
	$(RUN) -m benchmarks room

##@ Prepare
browsers: to-test ## Make sure the three browsers are there
	@$(RUN) -m csrf_proof.browsers

docs: to-test ## Generate docs/matrix.md and docs/libraries.md again from their data
	$(RUN) -m tools.matrix_page
	$(RUN) -m tools.libraries_page

new-attack: to-test ## Begin an attack: NAME=my-attack
	@$(RUN) -m tools.scaffold attack "$(NAME)"

new-defense: to-test ## Begin a defense: NAME=my-defense (KIND=flawed for a flawed one)
	@$(RUN) -m tools.scaffold $(or $(KIND),defense) "$(NAME)"

new-weakness: to-test ## Begin a weakness: NAME=my-weakness
	@$(RUN) -m tools.scaffold weakness "$(NAME)"

requirements: ## Compile requirements/*.txt from *.in (needs uv)
	cd requirements && for name in run bot dev; do \
	  $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	    --no-emit-index-url --no-emit-find-links $$name.in -o $$name.txt; done

clean: ## Remove the environment and all state
	rm -rf $(VENV) var

# One environment, which grows when tests are asked for (tools/runner/environment.py).
python:
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is needed, and there is no $(PYTHON); for example: make run PYTHON=python3.12" >&2; exit 2; }

to-run: python
	@$(START) --install run

to-test: python
	@$(START) --install dev
