#!/bin/sh
# What must hold before every commit: format, tidy, all tests under the
# address and undefined-behaviour sanitizers, generated files up to date.
# With CHECK=short, where time is short: what the last commits changed is tidied,
# and the suites of the real daemon are left to the release build.
set -eu
cd "$(dirname "$0")/.."
jobs=$(nproc)
targets=all
others='^$'
if [ "${CHECK:-full}" = short ]; then
  targets="tests_unit tests_store tests_actor tests_cluster protogen"
  others='^(tool|daemon)/|^cluster/[a-z_]*$|NOT_BUILT|^generated_files'
fi

echo "== format"
git ls-files '*.cpp' '*.hpp' | xargs clang-format --dry-run -Werror

echo "== build with sanitizers"
cmake --preset asan -Wno-dev >/dev/null
# shellcheck disable=SC2086
cmake --build --preset asan -j "$jobs" --target $targets

echo "== generated files"
build/asan/bin/protogen --check .

echo "== tidy"
# From the sources alone: clang cannot read GCC's precompiled headers.
cmake --preset tidy -Wno-dev >/dev/null
if [ "${CHECK:-full}" = short ]; then
  git log -n 20 --name-only --format= -- '*.cpp' | sort -u | grep -E '^(proto|storage|actors|net|tools)/'
else
  git ls-files 'proto/*.cpp' 'storage/*.cpp' 'actors/*.cpp' 'net/*.cpp' 'tools/*.cpp'
fi | while read -r file; do
  if [ -f "$file" ]; then echo "$file"; fi
done >build/tidy/files
xargs -P "$jobs" -n 1 clang-tidy -quiet -p build/tidy <build/tidy/files >build/tidy/log 2>&1 || {
  grep -E 'error:|warning:' -A 4 build/tidy/log >&2
  exit 1
}

echo "== tests"
ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1 \
UBSAN_OPTIONS=print_stacktrace=1 \
  ctest --test-dir build/asan --output-on-failure -j "$jobs" -E "$others"
