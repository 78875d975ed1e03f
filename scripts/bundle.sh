#!/bin/sh
# Makes what a release holds beside the binary, in bundle/: completions, manual pages, and the unit of systemd as packages have it. The same commit
# gives the same bytes, with SOURCE_DATE_EPOCH or without.
set -eu
cd "$(dirname "$0")/.."

: "${SOURCE_DATE_EPOCH:=$(git log -1 --format=%ct 2>/dev/null || echo 0)}"
export SOURCE_DATE_EPOCH

rm -rf bundle/completions bundle/man bundle/parry.service
mkdir -p bundle/completions bundle/man
# The machine's own binary, whatever is built for.
env -u GOOS -u GOARCH CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o bundle/parry ./cmd/parry

for shell in bash zsh fish powershell; do
	end=$shell
	[ "$shell" != powershell ] || end=ps1
	bundle/parry completion "$shell" >"bundle/completions/parry.$end"
done
bundle/parry man bundle/man
gzip -9 -n bundle/man/*.1
# Packages do not touch /usr/local.
sed 's|/usr/local/bin/parry|/usr/bin/parry|g' deploy/systemd/parry.service >bundle/parry.service
rm bundle/parry
