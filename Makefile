# make        build, vet, lint and test
# make check  everything CI runs
GO ?= go
SHARED ?= ../shared

SIZES ?= 10000 100000 1000000
BENCHFLAGS ?=

.PHONY: all build lint test race bench generate check shared-data vuln clean

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

# Judging, stage by stage, on synthetic tenants kept in the user's cache folder:
#   make bench SIZES="100000 1000000" BENCHFLAGS="-runs 5"
bench: build
	$(GO) build -o bin/bench ./internal/bench
	bin/bench -binary bin/passkeyaudit $(BENCHFLAGS) $(SIZES)

# Everything under docs/ that is made from the code.
generate:
	$(GO) run ./cmd/passkeyaudit checks pages docs/checks

# Parse the real Graph records beside a development checkout, if they are there.
shared-data:
	@if [ -d "$(SHARED)/realdata" ]; then PASSKEYAUDIT_SHARED="$(abspath $(SHARED))" $(GO) test -count=1 -run 'SharedData' ./audit/...; \
	else echo "no $(SHARED)/realdata: skipped"; fi

# Needs the vulnerability database, which is fetched from the network.
vuln:
	$(GO) run golang.org/x/vuln/cmd/govulncheck@latest ./...

check:
	.ci/run

clean:
	rm -rf bin
