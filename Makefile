# Everything a newcomer types. `make help` lists it.

SHELL       := /bin/bash
.SHELLFLAGS := -euo pipefail -c
GO          ?= go
# Caddy's storage back ends that nobody needs here: 6 MB and 13 modules less.
TAGS        := nobadger,nomysql,nopgx
TOOL        := $(GO) tool -modfile=tools/go.mod
FUZZTIME    ?= 60s
BENCHFLAGS  ?=
# bench-micro: what it writes, what it compares with, and what it runs.
MICRO       ?= bin/micro.txt
MICRO_OLD   ?=
MICRO_RUNS  ?= 8
MICRO_PKGS  ?= ./inject/... ./proxy
# corpus: Debian packages with some 4,500 distinct pages by several generators
# and in several charsets, and the programs that compress and inflate them.
CORPUS_DOCS  := apache2-doc postgresql-doc sqlite3-doc python3-doc git-doc libglib2.0-doc python-django-doc debian-reference-ja r-doc-html
CORPUS_TOOLS := zopfli pigz gzip python3-minimal
SPLICE_CORPUS ?= /usr/share/doc
export GOFLAGS := $(strip $(GOFLAGS) -tags=$(TAGS))

.PHONY: help build test vet lint generate check-generated sandbox bench bench-micro corpus demo soak fuzz browser redis node clean

help: ## lists the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## builds bin/cobrowse-proxy
	$(GO) build -trimpath -ldflags='-s -w' -o bin/cobrowse-proxy ./cmd/cobrowse-proxy

test: browser redis check-generated sandbox vet lint ## installs what is missing, then runs every check and test
	@echo '== tests, with the race detector'
	$(TOOL) gotestsum --format pkgname -- -race -timeout 14m ./...

vet:
	@echo '== go vet'
	$(GO) vet ./...

lint: ## runs the linters, which also guard the arrows between packages
	@echo '== golangci-lint'
	$(TOOL) golangci-lint run ./...
	$(TOOL) golangci-lint fmt --diff

generate: node ## bundles the TypeScript again, and checks its types
	$(GO) generate ./internal/widget ./internal/desk ./internal/videoroom
	npm --prefix tools run --silent check

# The TypeScript compiler, and axe for the browser tests. Nothing of it ships.
node:
	@[ tools/node_modules/.package-lock.json -nt tools/package-lock.json ] || npm --prefix tools ci --no-audit --no-fund

# The sandbox's bundle is mostly other people's work (rrweb), so it is made
# here and never committed.
sandbox: node ## bundles what the sandbox mirrors pages with, and checks its types
	@[ internal/sandbox/node_modules/.package-lock.json -nt internal/sandbox/package-lock.json ] || npm --prefix internal/sandbox ci --ignore-scripts --no-audit --no-fund
	$(GO) run ./internal/sandbox/patch -dir internal/sandbox
	$(GO) run -C tools ./bundle -dir ../internal/sandbox src/sdk.ts src/desk.ts src/desk.css src/toolkit.ts src/toolkit.css
	tools/node_modules/.bin/tsc -p internal/sandbox

# The bundles are committed, so that a Go build needs no Node: this proves that
# they are what the sources give.
check-generated: generate
	@echo '== the committed bundles are what the sources give'
	@git diff --exit-code -- internal/widget/dist internal/desk/dist internal/videoroom/dist || { echo 'bundles differ: commit what make generate wrote'; exit 1; }

demo: sandbox build ## serves the legacy bank site with the sandbox, and prints the two addresses
	@$(GO) run ./examples/demo -binary bin/cobrowse-proxy

bench: build sandbox browser ## compares with plain Caddy, nginx, Apache and Go proxies, as ratios
	$(GO) run ./internal/bench -install -binary bin/cobrowse-proxy $(BENCHFLAGS)
	@echo '== the sandbox: from a change on the customer'"'"'s page to the agent'"'"'s screen'
	$(GO) test ./internal/sandbox -run '^$$' -bench '^BenchmarkChangeToScreen$$' -benchtime 300x

# Before a change: make bench-micro MICRO=old.txt; after it: make bench-micro MICRO_OLD=old.txt.
bench-micro: ## runs the microbenchmarks; MICRO_OLD=old.txt compares, by benchstat
	@mkdir -p $(dir $(MICRO))
	$(GO) test -run '^$$' -bench . -benchmem -count $(MICRO_RUNS) $(MICRO_PKGS) | tee $(MICRO)
	$(TOOL) benchstat $(MICRO_OLD) $(MICRO)

corpus: browser ## splices thousands of real pages, for zlib, Chromium and Firefox to read
	@missing=; for p in $(CORPUS_DOCS) $(CORPUS_TOOLS); do dpkg -s $$p >/dev/null 2>&1 || missing="$$missing $$p"; done; \
	[ -z "$$missing" ] || { \
	  echo "== installing$$missing"; \
	  [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null || { echo "as root: apt-get install$$missing"; exit 1; }; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; }
	@echo '== gzip levels 1, 6, 9, flushed every 0.25 to 16 KiB, pigz, zopfli; inflated by Go, klauspost and zlib'
	SPLICE_CORPUS=$(SPLICE_CORPUS) $(GO) test -run '^TestCorpus' -timeout 2h -v ./inject/splice
	@echo '== 200 of them in Chromium and in Firefox'
	SPLICE_CORPUS=$(SPLICE_CORPUS) $(GO) test -run '^Test(Browsers|DamageIsFound)$$' -timeout 30m -v ./internal/bench/corpus

fuzz: ## runs every fuzz target for FUZZTIME (60s)
	@for p in $$($(GO) list ./...); do \
	  for t in $$(grep -hoE '^func Fuzz[A-Za-z0-9_]+' $$($(GO) list -f '{{$$d := .Dir}}{{range .TestGoFiles}}{{$$d}}/{{.}} {{end}}{{range .XTestGoFiles}}{{$$d}}/{{.}} {{end}}' $$p) /dev/null | sed 's/func //' | sort -u); do \
	    echo "== $$p $$t"; $(GO) test $$p -run '^$$' -fuzz "^$$t$$" -fuzztime $(FUZZTIME); \
	  done; \
	done

# What has goroutines, sockets or clocks, and could fail now and then. It is
# repeated without browsers (-short), in which two whole flows alone are.
SOAK_PKGS   := ./proxy ./caddymodule ./internal/agent/... ./internal/audit ./internal/sandbox/... ./internal/session/... ./internal/webhook

soak: browser redis sandbox ## loads and attacks the sandbox, and repeats what could fail now and then: 20 minutes
	@echo '== 1 of 3: the sandbox under load, and attacked'
	$(GO) run ./internal/sandbox/load
	@echo '== 2 of 3: the whole flow, with the sandbox alone and through the proxy, ten times in each browser'
	COBROWSE_REPEAT=10 $(TOOL) gotestsum --format testname -- -p 1 -count=1 -timeout 20m -run '^(TestFlow|TestTour)$$' ./internal/sandbox ./internal/e2e
	@echo '== 3 of 3: five times each, with the race detector'
	$(TOOL) gotestsum --format pkgname -- -race -short -count=5 -timeout 10m $(SOAK_PKGS)

# Browsers for the tests. Debian's are installed where none is found, in one go.
browser:
	@missing=; \
	[ -n "$${COBROWSE_CHROMIUM:-}" ] || command -v chromium chromium-browser google-chrome >/dev/null || missing+=' chromium'; \
	[ -n "$${COBROWSE_FIREFOX:-}" ] || command -v firefox-esr firefox >/dev/null || missing+=' firefox-esr'; \
	[ -n "$$missing" ] || exit 0; \
	echo "== installing$$missing"; \
	[ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null || { echo "install$$missing, or name what you have in COBROWSE_CHROMIUM and COBROWSE_FIREFOX, and run make test again"; exit 1; }; \
	apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing fonts-dejavu-core >/dev/null

# A redis-server for the tests, likewise.
redis:
	@[ -n "$${COBROWSE_REDIS:-}" ] || command -v redis-server >/dev/null || { \
	  echo '== installing redis-server'; \
	  [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null || { echo 'install redis-server, or name it in COBROWSE_REDIS, and run make test again'; exit 1; }; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends redis-server >/dev/null; }

clean: ## removes what was built
	rm -rf bin dist tools/node_modules internal/sandbox/node_modules
