# make        build, vet, lint and test
# make check  everything CI runs
GO ?= go
SHARED ?= ../shared
FUZZTIME ?= 30s
FUZZFLAGS ?= -parallel 1

SIZES ?= 10000 100000 1000000
COLLECTED ?= 10000 300000
BENCHFLAGS ?=

.PHONY: all build lint test race fuzz soak bench generate check shared-data vuln clean

all: build lint test

build:
	$(GO) build -trimpath -o bin/passkeyaudit ./cmd/passkeyaudit

lint:
	@test -z "$$(gofmt -l .)" || { echo "not formatted:"; gofmt -l .; exit 1; }
	$(GO) vet ./...
	$(GO) tool staticcheck ./...

test:
	$(GO) test ./...

race:
	$(GO) test -race -shuffle=on ./...

# Every fuzzer there is, one after another, each for FUZZTIME. The go command lists
# them, so that none is forgotten.
fuzz:
	@list="$$($(GO) test -list '^Fuzz' ./...)" || { echo "$$list"; exit 1; }; \
	echo "$$list" | awk '/^Fuzz/ { name[n++] = $$1 } /^ok/ { for (i = 0; i < n; i++) print $$2, name[i]; n = 0 }' | \
	while read -r pkg name; do \
		echo "== $$pkg $$name"; \
		$(GO) test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 20x $(FUZZFLAGS) "$$pkg" </dev/null || exit 1; \
	done

# Interrupt collecting at every request, and kill it at 300 points; CI tries a few.
soak:
	PASSKEYAUDIT_SOAK=1 $(GO) test -count=1 -timeout 60m -v -run 'TestKillAndResume|TestResumeFromAnyMoment' ./internal/cli ./graphclient/collect

# Judging, stage by stage, and collecting, on synthetic tenants kept in the user's cache folder:
#   make bench SIZES="100000 1000000" BENCHFLAGS="-runs 5"
bench: build
	$(GO) build -o bin/bench ./internal/bench
	bin/bench -binary bin/passkeyaudit $(BENCHFLAGS) $(SIZES)
	bin/bench -binary bin/passkeyaudit $(BENCHFLAGS) -collect $(COLLECTED)

# Everything under docs/ that is made from the code, and the demo tenant.
generate:
	$(GO) generate ./fixtures
	$(GO) run ./cmd/passkeyaudit checks pages docs/checks
	$(GO) test ./audit/report/json ./audit/report/manual ./internal/cli -run TestSchemasAreCurrent -update-schemas

# Parse the real Graph records beside a development checkout, if they are there.
shared-data:
	@if [ -d "$(SHARED)/realdata" ]; then PASSKEYAUDIT_SHARED="$(abspath $(SHARED))" $(GO) test -count=1 -run 'SharedData' ./audit/... ./internal/... ./fixtures; \
	else echo "no $(SHARED)/realdata: skipped"; fi

# Needs the vulnerability database, which is fetched from the network.
vuln:
	$(GO) run golang.org/x/vuln/cmd/govulncheck@latest ./...

check:
	.ci/run

clean:
	rm -rf bin
