#!/bin/bash
# debian_programs.sh DIR [--alone] PACKAGE...: unpacks Debian packages and what they need and the system has not (--alone:
# without that) into DIR, and installs nothing: for programs that a test or a benchmark starts itself, where an installed
# package would start a service. Root only, as apt-get is; exits 1 with a sentence where apt cannot give them.
set -euo pipefail
dir=$1
shift
mkdir -p "$dir/.packages/partial"
dir=$(readlink -f "$dir")
stamp=$dir/.packages/$(printf '%s\n' "$@" | sha256sum | cut -c1-16)
[ -e "$stamp" ] && exit 0
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
  echo "it takes root and apt-get to get $*" >&2
  exit 1
fi
alone=0
if [ "$1" = --alone ]; then
  alone=1
  shift
fi

# Root's apt would hand the download to _apt, who may not write here.
options=(-qq -o APT::Sandbox::User=root -o "Dir::Cache::archives=$dir/.packages")
get() {
  if [ "$alone" -eq 1 ]; then
    (cd "$dir/.packages" && apt-get "${options[@]}" download "$@")
  else
    apt-get "${options[@]}" install -y --download-only --no-install-recommends "$@"
  fi >/dev/null
}
get "$@" || { apt-get update -qq && get "$@"; } || { echo "apt cannot give $*" >&2; exit 1; }
for package in "$dir"/.packages/*.deb; do dpkg-deb -x "$package" "$dir"; done
rm -f "$dir"/.packages/*.deb
touch "$stamp"
