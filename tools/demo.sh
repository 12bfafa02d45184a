#!/bin/bash
# A tour of jaild with real jails: demo.sh BINDIR. Linux, root. Everything it says was observed in this run; the first
# thing that is not as promised ends it with exit 1. It leaves nothing behind, also when it fails.
set -euo pipefail

bin=$(cd "${1:?usage: demo.sh BINDIR}" && pwd)
[ "$(uname -s)" = Linux ] || { echo "demo: needs Linux; on FreeBSD read doc/freebsd.md" >&2; exit 1; }
[ "$(id -u)" -eq 0 ] || { echo "demo: needs root, as jaild makes namespaces and cgroups" >&2; exit 1; }

dir=$(mktemp -d /tmp/jaild-demo.XXXXXX)
root=$dir/root
sock=$dir/run/jaild.sock
bridge=jdemo$((RANDOM % 1000))
metrics_port=$((20000 + RANDOM % 10000))
host_ip=198.18.77.1
web_ip=198.18.77.2
jaild_pid=
export JAILD_SOCKET=$sock

bold() { if [ -t 1 ]; then printf '\n\033[1m%s\033[0m\n' "$*"; else printf '\n%s\n' "$*"; fi; }
show() { printf '$ %s\n' "$*"; "$@"; }
ok() { printf '  ok: %s\n' "$*"; }
fail() {
  printf '  NOT AS PROMISED: %s\n' "$*" >&2
  tail -n 30 "$dir/jaild.log" >&2 || true
  tail -n 20 "$dir"/log/*.log >&2 || true
  exit 1
}
api() { curl -sS --fail-with-body --unix-socket "$sock" "$@"; }
# field JSON-PATH: one value out of the JSON on standard input, "a.b.0.c"
field() {
  python3 -c 'import json, sys
value = json.load(sys.stdin)
for key in sys.argv[1].split("."):
    value = value[int(key)] if key.isdigit() else value.get(key) if value is not None else None
print("" if value is None else json.dumps(value) if isinstance(value, (dict, list, bool)) else value)' "$1"
}
# until SECONDS COMMAND...: looks ten times a second until the command succeeds
until_true() {
  local tries=$(($1 * 10))
  shift
  while [ "$tries" -gt 0 ]; do
    if "$@" >/dev/null 2>&1; then return 0; fi
    tries=$((tries - 1))
    sleep 0.1
  done
  return 1
}

start_jaild() {
  "$bin/jaild" --state-dir "$dir/state" --run-dir "$dir/run" --log-dir "$dir/log" --metrics-listen "127.0.0.1:$metrics_port" \
    >>"$dir/jaild.out" 2>>"$dir/jaild.log" &
  jaild_pid=$!
  until_true 20 api http://localhost/readyz || fail "jaild does not answer on $sock"
}

# What must be the same before and after. Mounts of ours would show in the mount table, namespaces in lsns.
world() {
  ip -o link | awk -F': ' '{print "interface " $2}'
  awk '{print "mount " $5}' /proc/self/mountinfo
  find /sys/fs/cgroup -type d -name 'jaild*' 2>/dev/null | sed 's/^/cgroup /'
  lsns -n -o TYPE,NS 2>/dev/null | awk '{print "namespace " $1 " " $2}'
  pgrep -f -- "--run-dir $dir" | sed 's/.*/process of jaild/' || true
  true
}

clean_up() {
  local code=$?
  set +e
  if [ -n "$jaild_pid" ]; then
    "$bin/jailctl" down --all --timeout 60 >/dev/null 2>&1
    for name in web hog; do "$bin/jailctl" rm -y "$name" >/dev/null 2>&1; done
    kill "$jaild_pid" 2>/dev/null
    wait "$jaild_pid" 2>/dev/null
  fi
  ip link del "$bridge" 2>/dev/null
  rm -rf "$dir"
  exit "$code"
}
trap clean_up EXIT

world | sort >"$dir/world.before"

bold "A root file system out of busybox, and a bridge"
mkdir -p "$root"/{bin,etc,dev,proc,tmp,root,www}
cp /bin/busybox "$root/bin/busybox"
chroot "$root" /bin/busybox --install -s /bin
printf 'root:x:0:0:root:/root:/bin/sh\nwww:x:80:80:www:/www:/bin/sh\n' >"$root/etc/passwd"
printf 'root:x:0:\nwww:x:80:\n' >"$root/etc/group"
echo 'hello from a jail' >"$root/www/index.html"
cat >"$root/hog.sh" <<'HOG'
# Each line of /tmp/hog.out: what was tried, and the exit status or what was seen.
out=/tmp/hog.out
: >$out
dd if=/dev/zero of=/dev/null bs=8M count=1 2>/dev/null; echo "memory within $?" >>$out
dd if=/dev/zero of=/dev/null bs=256M count=1 2>/dev/null; echo "memory beyond $?" >>$out
(sleep 1 & sleep 1 & wait) 2>/dev/null; echo "threads within $?" >>$out
grep Cpus_allowed_list /proc/self/status | sed 's/.*:[[:space:]]*/cpus /' >>$out
echo "processes $(ls /proc | grep -c '^[0-9]*$')" >>$out
echo "interfaces $(ls /proc/sys/net/ipv4/conf 2>/dev/null | grep -v -e all -e default | tr '\n' ' ')" >>$out
cut -d' ' -f2 /proc/mounts | sort -u | tr '\n' ' ' | sed 's/^/mounts /;s/$/\n/' >>$out
(echo x >/proc/sys/kernel/core_pattern) 2>/dev/null; echo "core_pattern $?" >>$out
mount -t tmpfs none /tmp 2>/dev/null; echo "mount $?" >>$out
# Last, because a shell that cannot fork ends.
(for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do sleep 1 & done; wait) 2>/tmp/forks; echo "threads beyond $?" >>$out
HOG
show ip link add "$bridge" type bridge
show ip addr add "$host_ip/24" dev "$bridge"
show ip link set "$bridge" up

bold "jaild starts, with a state directory of its own"
start_jaild
show "$bin/jailctl" version

bold "A jail with its own address, declared with curl"
cat >"$dir/web.json" <<JSON
{ "name": "web",
  "spec": {
    "params": { "path": "$root", "host.hostname": "web.example.org", "ip4.addr": "$bridge|$web_ip/24",
                "mount.devfs": true, "mount.procfs": true },
    "command": "/bin/httpd -f -p 80 -h /www",
    "rctl": ["memoryuse:deny=64m", "pcpu:deny=50", "nthr:deny=10"],
    "cpuset": "0",
    "restart": { "policy": "always", "delay_seconds": 1 },
    "labels": { "tier": "web" } } }
JSON
cat "$dir/web.json"
show curl -sS --fail-with-body --unix-socket "$sock" --json "@$dir/web.json" 'http://localhost/jails?wait=30' >"$dir/web.out" ||
  fail "web was not declared: $(cat "$dir/web.out")"
[ "$(api http://localhost/jails/web | field status.state)" = running ] || fail "web does not run: $(cat "$dir/web.out")"
ok "web runs as jail $(api http://localhost/jails/web | field status.jid)"
until_true 10 curl -sS --fail "http://$web_ip/" || fail "no page from http://$web_ip/"
show curl -sS "http://$web_ip/"

bold "Each limit holds, beside a run within it that succeeds"
cat >"$dir/hog.json" <<JSON
{ "name": "hog",
  "spec": {
    "params": { "path": "$root", "mount.devfs": true, "mount.procfs": true, "exec.start": ["/bin/sh /hog.sh"] },
    "command": "/bin/sh -c 'while :; do :; done & while :; do :; done'",
    "rctl": ["memoryuse:deny=32m", "pcpu:deny=50", "nthr:deny=8"],
    "cpuset": "0" } }
JSON
show "$bin/jailctl" up -f "$dir/hog.json" --timeout 60
cat "$root/tmp/hog.out"
saw() { grep -qx "$1" "$root/tmp/hog.out" || fail "hog did not see: $1"; }
saw "memory within 0" && saw "memory beyond 137" && ok "8 MB are given, 256 MB are not (limit 32 MB)"
saw "threads within 0"
! grep -qx "threads beyond 0" "$root/tmp/hog.out" || fail "20 processes were made, limit 8"
grep -i fork "$root/tmp/forks" || fail "no fork was refused"
ok "3 processes are given, 20 are not (limit 8)"
saw "cpus 0" && ok "the cpuset is 0"
cpu_used() { "$bin/jailctl" api GET /jails/hog/usage | field resources.cputime; }
before=$(cpu_used)
sleep 4 # the measured interval: two busy loops
used=$(($(cpu_used) - before))
[ "$used" -le 3 ] || fail "two busy loops used $used s of CPU in 4 s, limit 50 %"
ok "two busy loops used $used s of CPU in 4 s (limit 50 % of one CPU)"

bold "The jail sees nothing of the host"
processes=$(sed -n 's/^processes //p' "$root/tmp/hog.out")
[ "$processes" -lt 10 ] || fail "hog sees $processes processes"
ok "it sees $processes processes, the host has $(find /proc -maxdepth 1 -name '[0-9]*' | wc -l)"
! grep -q "$bridge" "$root/tmp/hog.out" || fail "hog sees the bridge"
ok "interfaces: $(sed -n 's/^interfaces //p' "$root/tmp/hog.out")"
strange=$(sed -n 's/^mounts //p' "$root/tmp/hog.out" | tr ' ' '\n' | grep -v -E '^$|^/$|^/dev(/|$)|^/proc(/|$)' || true)
[ -z "$strange" ] || fail "hog sees mounts of the host: $strange"
ok "mounts: $(sed -n 's/^mounts //p' "$root/tmp/hog.out")"
! grep -qx 'core_pattern 0' "$root/tmp/hog.out" || fail "hog wrote /proc/sys/kernel/core_pattern"
! grep -qx 'mount 0' "$root/tmp/hog.out" || fail "hog mounted something"
ok "it can neither mount nor write /proc/sys/kernel/core_pattern"

bold "What runs"
show "$bin/jailctl" ls
show "$bin/jailctl" status web
show curl -sS --fail "http://127.0.0.1:$metrics_port/metrics" >"$dir/metrics"
grep -E '^jaild_jail_(state|memory_resident_bytes|threads|cpu_seconds_total|limit)\{jail="(web|hog)"' "$dir/metrics" | grep -v ' 0$'
for jail in web hog; do
  grep -q "^jaild_jail_state{jail=\"$jail\",state=\"running\"} 1" "$dir/metrics" || fail "no state series of $jail"
  grep -q "^jaild_jail_memory_resident_bytes{jail=\"$jail\"} [1-9]" "$dir/metrics" || fail "no memory series of $jail"
done
ok "both jails are in the metrics"

main_pid() { api "http://localhost/jails/$1/processes" | field items.0.pid; }
bold "httpd is killed and comes back by itself"
pid=$(main_pid web)
show kill -9 "$pid"
came_back() { local new; new=$(main_pid web) && [ -n "$new" ] && [ "$new" != "$pid" ]; }
until_true 30 came_back || fail "httpd did not come back"
until_true 10 curl -sS --fail "http://$web_ip/" || fail "no page after the restart"
show curl -sS "http://$web_ip/"
ok "restarts: $(api http://localhost/jails/web | field status.restarts), last exit: $(api http://localhost/jails/web | field status.last_exit.reason)"

bold "jaild is killed with SIGKILL and started again; the jail does not notice"
pid=$(main_pid web)
jid=$(api http://localhost/jails/web | field status.jid)
show kill -9 "$jaild_pid"
wait "$jaild_pid" 2>/dev/null || true
curl -sS --fail "http://$web_ip/" >/dev/null || fail "web died with jaild"
ok "without jaild the page is still served"
start_jaild
[ "$(main_pid web)" = "$pid" ] || fail "another process serves the page"
[ "$(api http://localhost/jails/web | field status.jid)" = "$jid" ] || fail "another jail serves the page"
ok "adopted: still jail $jid, still process $pid"

bold "Everything goes"
show "$bin/jailctl" down --all --timeout 60
[ "$(api http://localhost/jails/web | field status.state)" = stopped ] || fail "web is not stopped"
show "$bin/jailctl" rm -y web hog
kill "$jaild_pid"
wait "$jaild_pid" || fail "jaild did not end cleanly"
jaild_pid=
ip link del "$bridge"
# A process that has ended shows its pid namespace until its parent has taken note, and an orphan's parent is pid 1.
as_before() { world | sort >"$dir/world.after" && cmp -s "$dir/world.before" "$dir/world.after"; }
if ! until_true 10 as_before; then
  diff "$dir/world.before" "$dir/world.after" || true
  lsns -o TYPE,NS,NPROCS,PID,PPID,COMMAND
  fail "something was left behind"
fi
ok "no process, mount, interface, namespace or cgroup is left"
bold "All of it was as promised."
