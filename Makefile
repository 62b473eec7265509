# Live PyTorch. `make help` says what there is.
PYTHON ?= python3
export PATH := $(CURDIR)/.venv/bin:$(PATH)
READY := .venv/ready
RUN := python -m book.offline python -m book.execute

.DEFAULT_GOAL := help
.PHONY: help book test test-portable serve refresh links prose bench test-gpu constraints clean

help: ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

book: $(READY) ## run what changed, build the book into _build/html
	$(RUN)
	python -m book.build

test: $(READY) ## check all of it: code, numbers, pages in a browser
	python -m book.check

test-portable: $(READY) ## compare the numbers again as other processors compute them
	python -m book.portable

test-gpu: $(READY) ## run on a GPU what the book says about GPUs, into _build/gpu.json
	python -m bench.gpu

serve: book ## look at the book at http://localhost:8000
	python -m http.server 8000 --bind localhost --directory _build/html

refresh: $(READY) ## run the notebooks again and store their outputs
	python -m book.offline python -m book.refresh

links: $(READY) ## ask every address that a page names whether it is still there
	$(RUN)
	@# In a folder of its own: Jupyter Book empties the one of the pages, whatever it builds.
	jupyter-book build . --builder linkcheck --path-output _build/links

constraints: $(READY) ## pin again what requirements.txt needs in turn
	python -m book.constraints

prose: $(READY) ## count the habits of the text, lesson by lesson
	python -m book.prose

bench: $(READY) ## measure speed, as ratios, into _build/bench.json
	python -m bench

clean: ## remove everything that was built, the environment too
	rm -rf _build .venv

$(READY): requirements.txt constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v <= (3, 13) else f"Live PyTorch wants Python 3.11 to 3.13, and $(PYTHON) is {v[0]}.{v[1]}. Say: make PYTHON=python3.12")'
	test -d .venv || $(PYTHON) -m venv .venv
	python -m pip install --quiet --requirement requirements.txt
	@touch $@
