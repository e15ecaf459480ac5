#!/usr/bin/env bash
# Writes what compose-go makes of each case of a folder: expected.json, or expected.err where it refuses.
# usage: tests/reference/compose.sh ORACLE [FOLDER]
# ORACLE prints a project as `docker compose config --format json` does, for `-all -format json -f FILE...`.
# A case is a folder with compose.yaml, files that are merged over it (compose.2.yaml, ...), and `variables` where it has an
# environment. @CASE@ stands for its folder.
set -euo pipefail
oracle=$(realpath "$1")
root=$(realpath "${2:-$(dirname "$0")/../../testdata/reference/compose}")
for case in "$root"/*/; do
    case=${case%/}
    cd "$case"
    rm -f expected.json expected.err
    files=(-f compose.yaml)
    for file in compose.[0-9].yaml; do
        [ -e "$file" ] && files+=(-f "$file")
    done
    variables=()
    [ -e variables ] && mapfile -t variables < variables
    if env -i PATH=/usr/bin:/bin HOME=/home/u PWD="$case" "${variables[@]}" \
        "$oracle" -all -format json "${files[@]}" > expected.json 2> expected.err; then
        rm expected.err
        sed -i "s|$case|@CASE@|g" expected.json
        [ -z "$(tail -c 1 expected.json)" ] || echo >> expected.json
    else
        rm expected.json
        { grep '^ERROR' expected.err || echo 'ERROR: it fails'; } | sed "s|$case|@CASE@|g" > message && mv message expected.err
    fi
done
