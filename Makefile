# A thin front to CMake: `make help` names what there is.
.DEFAULT_GOAL := help
.PHONY: help deps build run test test-cluster test-upgrade check format docs bench bench-cluster clean

DATA ?= data
JOBS ?= $(shell nproc)
BIN := build/release/bin
CXX_FILES = $(shell git ls-files '*.cpp' '*.hpp')

help: ## name the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

deps: ## install the packages that are missing (packages.txt)
	@tools/install-packages.sh packages.txt

build: deps ## build build/release/bin/authnzerver, authnzctl, authnz-bench
	@cmake --preset release -Wno-dev >build-release.log 2>&1 || { cat build-release.log; exit 1; }; rm -f build-release.log
	@cmake --build --preset release -j $(JOBS)

run: build ## set up a data directory, start the server
	@$(BIN)/authnzerver --autosetup --yes --basedir=$(DATA)
	@exec $(BIN)/authnzerver --envfile=$(DATA)/.env

test: build ## run every test against the release build
	@ctest --test-dir build/release --output-on-failure -j $(JOBS)

test-cluster: build ## run the tests of real clusters, the long ones too: kills, partitions, full disks
	@AUTHNZ_CLUSTER_LONG=1 ctest --test-dir build/release -L cluster --verbose --output-on-failure

test-upgrade: build ## upgrade a cluster of an older build to this one and back: OLDER=REVISION
	@test -n "$(OLDER)" || { echo "which build is the older one? make test-upgrade OLDER=REVISION" >&2; exit 1; }
	@tools/build-older.sh "$(OLDER)" build/older $(JOBS)
	@AUTHNZ_OLDER_BIN_DIR=$(CURDIR)/build/older/release/bin \
	  ctest --test-dir build/release -R cluster/upgrade_test --verbose --no-tests=error

check: deps ## format, tidy, sanitizers with all tests, generated files
	@tools/check.sh

format: ## format the sources
	@clang-format -i $(CXX_FILES)

docs: build ## write the generated documents and clients again
	@$(BIN)/protogen --write .
	@$(BIN)/authnzerver --configuration-markdown >docs/configuration.md
	@$(BIN)/authnzerver --configuration-man | tools/man.sh docs/man/authnzerver.8
	@$(BIN)/authnzctl --help-man | tools/man.sh docs/man/authnzctl.1

bench: build ## measure against a bare listener, and with a watcher, interleaved
	@$(BIN)/authnz-bench compare
	@$(BIN)/authnz-bench watched

bench-cluster: build ## measure a node of a cluster of three beside a single node
	@cd tests/cluster && AUTHNZ_BIN_DIR=$(CURDIR)/$(BIN) PYTHONDONTWRITEBYTECODE=1 \
	  PYTHONPATH=$(CURDIR)/tools/clients/python:$(CURDIR)/tests/daemon /usr/bin/python3 bench.py

clean: ## remove what was built
	@rm -rf build
