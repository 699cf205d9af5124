# Framesong's commands. `make` alone lists them.
PYTHON ?= python3
BIN := .venv/bin
export PIP_CONSTRAINT := infra/constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help demo test check format bench vllm clean

help: ## list these commands
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/\1\t\2/' | expand -t 10

demo: $(BIN)/.ready ## build a small dataset offline, from synthetic music videos to the report
	$(BIN)/framesong demo demo

test: $(BIN)/.ready ## run all tests
	$(BIN)/python -m pytest

check: $(BIN)/.ready ## lint, formatting and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(BIN)/.ready ## put the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(BIN)/.ready ## measure the cost of cutting against ffmpeg processes, and its exactness
	$(BIN)/python infra/bench/cut.py
	$(BIN)/python infra/bench/oracle.py

vllm: .venv-vllm/.ready ## build vLLM's own environment, which it cannot share with Prefect

clean: ## delete the environments and the demo
	rm -rf .venv .venv-vllm demo

# torch goes first and alone, so that nothing else chooses another build of it.
$(BIN)/.ready: pyproject.toml infra/constraints.txt infra/fit_torchaudio.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Framesong needs Python 3.11 or newer: make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet torch==2.13.0
	$(BIN)/pip install --quiet --editable '.[dev,ffmpeg]'
	$(BIN)/python infra/fit_torchaudio.py
	@touch $@

.venv-vllm/.ready: export PIP_CONSTRAINT := infra/vllm/constraints.txt
.venv-vllm/.ready: infra/vllm/constraints.txt infra/vllm/fit_cpu_build.py infra/fit_torchaudio.py
	$(PYTHON) -m venv .venv-vllm
	if nvidia-smi -L >/dev/null 2>&1; then \
	  .venv-vllm/bin/pip install --quiet 'vllm[audio]==0.32.0'; \
	else \
	  .venv-vllm/bin/pip install --quiet torch==2.13.0 && \
	  .venv-vllm/bin/pip install --quiet --no-deps -r infra/vllm/constraints.txt; \
	fi
	.venv-vllm/bin/python infra/vllm/fit_cpu_build.py
	.venv-vllm/bin/python infra/fit_torchaudio.py
	@touch $@
