#!/bin/bash
# Schemathesis against jaild on the sim host, over TCP with an admin's token: conformance.sh BINDIR EXAMPLES
# What it may find all the same, each with its reason, is in tests/conformance/schemathesis.toml.
# Exit code 75: Schemathesis could not be downloaded.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=$(realpath "$1")
examples=$2
tree=$PWD

readonly version=4.32.5  # pinned: another one asks for other things
venv=$tree/build/venv-schemathesis-$version
if [ ! -x "$venv/bin/schemathesis" ]; then
  mkdir -p build
  python3 -m venv "$venv"
  "$venv/bin/pip" install -q --disable-pip-version-check "schemathesis==$version" || {
    echo "conformance: Schemathesis $version could not be downloaded" >&2
    exit 75
  }
fi

dir=$(mktemp -d)
jaild_pid=
# shellcheck disable=SC2317  # the trap calls it
cleanup() {
  [ -z "$jaild_pid" ] || { kill "$jaild_pid" && wait "$jaild_pid"; } 2>/dev/null || true
  rm -rf "$dir"
}
trap cleanup EXIT

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$bin/jaild" --host sim --state-dir "$dir/state" --run-dir "$dir/run" --log-dir "$dir/log" \
  --listen "unix:$dir/run/jaild.sock" --listen "127.0.0.1:$port" 2>"$dir/stderr" &
jaild_pid=$!
for _ in $(seq 200); do
  "$bin/jailctl" --socket "$dir/run/jaild.sock" version >/dev/null 2>&1 && break
  sleep 0.1
done
"$bin/jailctl" --socket "$dir/run/jaild.sock" token create conformance --role admin --out "$dir/token" >/dev/null
token=$(cat "$dir/token")
export JAILD_CONFORMANCE_TOKEN=$token

failed=0
cd "$dir"  # it writes down what it did
PYTHONPATH=$tree/tests/conformance SCHEMATHESIS_HOOKS=hooks "$venv/bin/schemathesis" \
  --config-file "$tree/tests/conformance/schemathesis.toml" run "$tree/openapi/jaild.yaml" \
  --url "http://127.0.0.1:$port" --header "Authorization: Bearer $token" \
  --max-examples "$examples" --request-timeout 20 --no-color || failed=1

# Whatever was sent: it lives, answers, and no line of its log holds the secret.
kill -0 "$jaild_pid" || { echo "jaild ended:"; tail -20 "$dir/stderr"; failed=1; }
"$bin/jailctl" --socket "$dir/run/jaild.sock" ls >/dev/null || failed=1
if grep -rqF "${token##*_}" "$dir/log" "$dir/stderr"; then
  echo "the log holds a secret"
  failed=1
fi
exit "$failed"
