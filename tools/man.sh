#!/bin/sh
# Puts standard input in the place of what is generated in a manual page:
# between the lines `.\" generated: ...` and `.\" end of generated`.
set -eu
page=$1
new=$(mktemp)
text=$(mktemp)
trap 'rm -f "$new" "$text"' EXIT
cat >"$text"
awk -v text="$text" '
  /^\.\\" generated: / { print; while ((getline line < text) > 0) print line; inside = 1; next }
  /^\.\\" end of generated/ { inside = 0 }
  !inside { print }
' "$page" >"$new"
cat "$new" >"$page"
