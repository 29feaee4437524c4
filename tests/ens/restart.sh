#!/bin/sh
# SPDX-License-Identifier: MIT
# Has the application restart by a new time of its web.config, then runs a check.
# Usage: restart.sh WEB.CONFIG CHECK ARGUMENT...
set -eu
touch "$1"
shift
exec "$@"
