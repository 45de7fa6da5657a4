# make demo: install the runtime alone and tag the example data.
# make test: install everything and run the whole suite.
PYTHON ?= python3
VENV := .venv
TEST_VENV := .venv-test
PIP := -m pip --disable-pip-version-check install --quiet --constraint constraints.txt

.PHONY: demo test lint types layers suite slow

RUNTIME := $(shell find mot_nlp -name "*.py") $(wildcard models/mot-minilm*/*.*)

$(VENV)/installed: pyproject.toml constraints.txt $(RUNTIME)
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python $(PIP) .
	@touch $@

demo: $(VENV)/installed
	$(VENV)/bin/mot predict data/examples/feedback.csv --keep brand,date,stars -o moments.parquet --documents documents.parquet
	$(VENV)/bin/mot table moments.parquet --by stage,moment -o table.csv
	$(VENV)/bin/mot report moments.parquet --documents documents.parquet -o report.html
	@echo "Open report.html. Next: $(VENV)/bin/mot compare moments.parquet --by touchpoint --between brand"

$(TEST_VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(TEST_VENV)
	$(TEST_VENV)/bin/python $(PIP) --editable '.[test,training]'
	@touch $@

test: $(TEST_VENV)/installed lint types layers suite

lint: $(TEST_VENV)/installed
	$(TEST_VENV)/bin/ruff check .
	$(TEST_VENV)/bin/ruff format --check .

types: $(TEST_VENV)/installed
	$(TEST_VENV)/bin/mypy

layers: $(TEST_VENV)/installed
	$(TEST_VENV)/bin/lint-imports

suite: $(TEST_VENV)/installed
	$(TEST_VENV)/bin/python -m pytest

slow: $(TEST_VENV)/installed
	$(TEST_VENV)/bin/python -m pytest -m slow
