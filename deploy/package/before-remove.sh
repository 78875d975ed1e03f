#!/bin/sh
# Stops the service where the package goes, and not where it is only renewed: rpm gives 0 for the last one, dpkg the word "remove".
set -e
case "${1:-}" in
0 | remove)
	if [ -d /run/systemd/system ]; then
		systemctl disable --now parry.service >/dev/null 2>&1 || true
	fi
	;;
esac
