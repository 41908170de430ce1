# make        build, vet, lint and test
# make check  everything CI runs
GO ?= go
SHARED ?= ../shared

.PHONY: all build lint test race generate check shared-data vuln clean

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

# Everything under docs/ that is made from the code, and the demo tenant.
generate:
	$(GO) generate ./fixtures
	$(GO) run ./cmd/passkeyaudit checks pages docs/checks

# Parse the real Graph records beside a development checkout, if they are there.
shared-data:
	@if [ -d "$(SHARED)/realdata" ]; then PASSKEYAUDIT_SHARED="$(abspath $(SHARED))" $(GO) test -count=1 -run 'SharedData' ./audit/... ./fixtures; \
	else echo "no $(SHARED)/realdata: skipped"; fi

# Needs the vulnerability database, which is fetched from the network.
vuln:
	$(GO) run golang.org/x/vuln/cmd/govulncheck@latest ./...

check:
	.ci/run

clean:
	rm -rf bin
