#!/bin/sh
# Prints what the build and a plan take, on this machine, in this run.
set -eu
mkdir -p bin
now() { date +%s%N; }

start=$(now)
CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o bin/parry ./cmd/parry
printf 'go build (with the cache as it is)  %8d ms\n' $((($(now) - start) / 1000000))
printf 'size of the binary                 %8d kB\n' $(($(wc -c <bin/parry) / 1024))
CGO_ENABLED=0 go build -trimpath -o bin/bench ./internal/bench
./bin/bench
go test -run '^$' -bench . -benchtime 3000x ./internal/sqlite
# How long the console takes for a page while 10,000 approvals wait.
go test -run '^$' -bench . -benchtime 40x ./internal/console
# How many calls each response makes, beside the fewest that would do, and what its case costs.
go test -count=1 -run '^TestCallsAreTheFewest$' -v ./playbooks | grep -v -e '^=== ' -e '--- PASS'
