#!/usr/bin/env bash
# Writes what `docker stack config` makes of each case of testdata/reference/swarm: expected.yml, or expected.err where it refuses
# the case. It needs the docker client and no engine. The case's own `variables` file is all of its environment but HOME and PATH.
# usage: tests/reference/swarm.sh [CASE]...
set -euo pipefail
root=$(cd "$(dirname "$0")/../../testdata/reference/swarm" && pwd)
settings=$(mktemp -d)
trap 'rm -r "$settings"' EXIT
docker=$(command -v docker)
cd "$root"
for name in "${@:-*}"; do
  for case in $name; do
    cd "$root/$case"
    files=()
    while read -r file; do files+=(-c "$file"); done < <(printf '%s\n' stack*.yml | awk '{ print length($0), $0 }' | sort -n | cut -d' ' -f2-)
    variables=()
    if [ -e variables ]; then mapfile -t variables < variables; fi
    rm -f expected.yml expected.err
    if env -i PATH=/usr/bin:/bin HOME=/home/u DOCKER_CONFIG="$settings" "${variables[@]}" "$docker" stack config "${files[@]}" >expected.yml 2>expected.err; then
      rm expected.err
    else
      rm expected.yml
    fi
    sed -i -e "s#$root/$case#@CASE@#g" -e "s#$root#@ROOT@#g" expected.*
  done
done
