#!/bin/sh
# Tries a release: the settings are checked, and for Linux on amd64 everything is built that needs no network and no identity: binary, archive, deb, rpm,
# checksums. What is in the packages is looked at. It takes some minutes, and wants a git repository.
set -eu
cd "$(dirname "$0")/.."
goreleaser=${1:?usage: release-check.sh GORELEASER}

"$goreleaser" check --quiet .goreleaser.yaml
mkdir -p bundle
sed '/# not in release-check$/d' .goreleaser.yaml >bundle/check.yaml
"$goreleaser" release --config bundle/check.yaml --snapshot --clean --skip=publish,sign,sbom,docker

has() { # has FILE LISTING PATH...
	file=$1 listing=$2
	shift 2
	for path; do
		grep -q -- "$path" "$listing" || { echo "$file has no $path" >&2; exit 1; }
	done
}
list=$(mktemp)
trap 'rm -f "$list"' EXIT
for file in dist/*.tar.gz; do
	tar -tzf "$file" >"$list"
	has "$file" "$list" '^parry$' '^LICENSE$' '^README.md$' '^completions/parry.bash$' '^completions/parry.ps1$' '^man/parry-respond.1.gz$'
done
if command -v dpkg-deb >/dev/null; then
	for file in dist/*.deb; do
		dpkg-deb -c "$file" >"$list"
		has "$file" "$list" ' ./usr/bin/parry$' ' ./usr/lib/systemd/system/parry.service$' ' ./usr/share/man/man1/parry-respond.1.gz$' \
			' ./usr/share/bash-completion/completions/parry$' ' ./usr/share/zsh/vendor-completions/_parry$' ' ./usr/share/doc/parry/copyright$' ' ./etc/parry/$'
		dpkg-deb --fsys-tarfile "$file" | tar -xO ./usr/lib/systemd/system/parry.service | grep -q '^ExecStart=/usr/bin/parry serve$'
	done
fi
if command -v rpm >/dev/null; then
	for file in dist/*.rpm; do
		rpm -qlp "$file" >"$list"
		has "$file" "$list" '^/usr/bin/parry$' '^/usr/lib/systemd/system/parry.service$' '^/usr/share/licenses/parry/LICENSE$'
	done
fi
dist/parry_linux_amd64_v1/parry version
(cd dist && sha256sum --check --quiet checksums.txt)
echo 'the release can be made'
