#!/bin/sh
# Builds authnzerver and authnzctl of another revision, from a work tree of its own:
#   build-older.sh REVISION DIRECTORY JOBS  ->  DIRECTORY/release/bin
set -eu
revision=$(git rev-parse --verify --quiet "$1^{commit}") || { echo "there is no revision $1 here" >&2; exit 1; }
directory=$2
jobs=$3
source=$directory/source
git worktree prune
if [ -e "$source" ]; then
  git -C "$source" checkout --quiet --detach "$revision"
else
  mkdir -p "$directory"
  git worktree add --quiet --detach "$source" "$revision"
fi
log=$directory/configure.log
cmake -S "$source" -B "$directory/release" --preset release -Wno-dev >"$log" 2>&1 || { cat "$log"; exit 1; }
cmake --build "$directory/release" -j "$jobs" --target authnzerver authnzctl
