# What the checks share. POSIX sh, read by tests/freebsd/run; `bin`, `root`, `work` and `patience` are its own.

ok() { passed=$((passed + 1)); echo "ok   $1"; }
bad() { failed=$((failed + 1)); echo "FAIL $1${2:+: $2}"; }
skip() { skipped=$((skipped + 1)); echo "skip $1"; }
# check WHAT COMMAND...: the command succeeds.
check() {
  what=$1; shift
  if "$@" >"$work/output" 2>&1; then ok "$what"; else bad "$what" "$(head -c 600 "$work/output" | tr '\n' ' ')"; fi
}
refute() {
  what=$1; shift
  if "$@" >"$work/output" 2>&1; then bad "$what" "$(head -c 600 "$work/output" | tr '\n' ' ')"; else ok "$what"; fi
}
# same WHAT EXPECTED GOT
same() { if [ "$2" = "$3" ]; then ok "$1"; else bad "$1" "expected '$2', got '$3'"; fi; }
# has WHAT TEXT PART
has() { case $2 in *"$3"*) ok "$1" ;; *) bad "$1" "no '$3' in: $(printf %s "$2" | head -c 700 | tr '\n' ' ')" ;; esac; }
hasnt() { case $2 in *"$3"*) bad "$1" "'$3' in: $(printf %s "$2" | head -c 500)" ;; *) ok "$1" ;; esac; }
# until_true SECONDS COMMAND...: a condition that has to come true.
until_true() {
  until_end=$(($(date +%s) + $1)); shift
  until "$@" >/dev/null 2>&1; do
    [ "$(date +%s)" -lt "$until_end" ] || return 1
    sleep 0.25
  done
}

# ---- jaild's answers
api() { if [ $# -ge 3 ]; then "$bin/jailctl" api "$1" "$2" -d "$3" 2>&1; else "$bin/jailctl" api "$1" "$2" 2>&1; fi; }
object() { api GET "/jails/$1"; }
field() { object "$1" | sed -n "s/.*\"$2\":\"\{0,1\}\([^\",}]*\).*/\1/p"; }
# Why it is in its state, in one sentence.
reason() { object "$1" | sed -nE 's/.*"reason":"(([^"\\]|\\.)*)".*/\1/p'; }
state() { field "$1" state; }
is_state() { [ "$(state "$1")" = "$2" ]; }
is_because() { case $(reason "$1") in *"$2"*) ;; *) return 1 ;; esac; }
# declare_jail NAME SPEC [MORE]: waits until it is as wished or failed.
declare_jail() { api POST "/jails?wait=$patience" "{\"name\":\"$1\",\"spec\":$2${3:-}}" >"$work/answer"; }
# A start that is expected not to end well is not waited for to the end: it may wait for what is missing.
declare_blocked() {
  api POST /jails "{\"name\":\"$1\",\"spec\":$2}" >"$work/answer"
  grep -q '"status":4' "$work/answer" && return
  until_true "$patience" sh -c "'$bin/jailctl' api GET /jails/$1 | grep -q -e '\"state\":\"blocked\"' -e '\"state\":\"failed\"' -e '\"state\":\"backoff\"'"
}
up() { api POST "/jails/$1/start?wait=$patience" >/dev/null; }
down() { api POST "/jails/$1/stop?wait=$patience" >/dev/null; }
forget() { api DELETE "/jails/$1?wait=$patience" >/dev/null; }
# What it printed, "PHASE TEXT" a line.
console() { cut -d' ' -f3,5- "$work/log/jails/$1.log" 2>/dev/null; }

# ---- the kernel's answers
jid() { jls -j "$1" jid 2>/dev/null; }
exists() { jls -j "$1" jid >/dev/null 2>&1; }
has_jid_unlike() { now=$(jid "$1") && [ -n "$now" ] && [ "$now" != "$2" ]; }
mounts_below() { mount -p | awk -v d="$1/" 'index($2 "/", d) == 1' | wc -l | tr -d ' '; }
monitor_of() { pgrep -f "jaild-monitor --name $1 "; }
racct_on() { [ "$(sysctl -n kern.racct.enable 2>/dev/null)" = 1 ]; }
rules_of() { rctl "jail:$1" 2>/dev/null | sort | tr '\n' ' '; }
# Everything that a run can leave behind, as text to compare.
world() {
  jls -d name | sort
  mount -p | awk '{print $1, $2, $3}'
  ifconfig -l | tr ' ' '\n' | sort
  ifconfig lo0 | grep inet | sort
  racct_on && rctl jail: 2>/dev/null | sort
  pgrep -f "jaild-monitor.*--run-dir $work/run"
  find "$work/run/monitors" "$work/state/exits" ! -type d 2>/dev/null
}

# ---- the daemon
start_daemon() {
  "$bin/jaild" --state-dir "$work/state" --run-dir "$work/run" --log-dir "$work/log" >>"$work/jaild.out" 2>&1 &
  daemon=$!
  until_true 180 "$bin/jailctl" api GET /livez && return
  echo "jaild does not answer:"; tail -20 "$work/jaild.out" "$work/log/jaild.log"
  exit 1
}
kill_daemon() { kill -9 "$daemon"; wait "$daemon" 2>/dev/null; }
# Its exit code is in `ended`.
end_daemon() { kill "$daemon"; wait "$daemon" 2>/dev/null; ended=$?; }

# A root of its own below $work: the base, seen through nullfs that jaild mounts.
new_root() { mkdir -p "$work/$1"; }
base_mount() { printf '"%s %s nullfs rw 0 0"' "$root" "$work/$1"; }

# Where no root is given: the base system's own programs with the libraries they need, about 40 MB.
make_root() {
  mkdir -p "$1/tmp" "$1/dev" "$1/proc" "$1/mnt" "$1/root" "$1/usr/bin" "$1/usr/sbin" "$1/usr/lib" "$1/var/run" "$1/etc"
  chmod 1777 "$1/tmp"
  cp -R /bin /sbin /lib /libexec "$1/"
  for file in passwd master.passwd pwd.db spwd.db group login.conf nsswitch.conf; do
    [ -e "/etc/$file" ] && cp "/etc/$file" "$1/etc/"
  done
  for program in bin/ps usr/sbin/jail usr/bin/id usr/bin/true usr/bin/false usr/bin/env usr/bin/touch usr/bin/cpuset \
    usr/bin/limits usr/bin/nc usr/bin/wc usr/bin/tr usr/bin/head usr/bin/cut usr/bin/printf usr/bin/mktemp usr/bin/yes \
    usr/bin/tty usr/bin/stat; do
    [ -x "/$program" ] || continue
    cp "/$program" "$1/$program"
    for library in $(ldd -f '%p\n' "/$program" 2>/dev/null | grep '^/usr/lib/' | sort -u); do
      cp "$library" "$1/usr/lib/"
    done
  done
}

cleanup() {
  for name in $(jls name | grep '^jt_' | sort -r); do jail -r "$name" 2>/dev/null; done
  [ -n "$daemon" ] && kill -9 "$daemon" 2>/dev/null
  for pid in $(pgrep -f "jaild-monitor.*--run-dir $work/run"); do kill -9 "$pid"; done
  for name in $(rctl jail: 2>/dev/null | sed -n 's/^jail:\(jt_[^:]*\):.*/\1/p' | sort -u); do rctl -r "jail:$name"; done
  mount -p | awk -v d="$work/" 'index($2, d) == 1 {print $2}' | sort -r | while read -r point; do umount -f "$point"; done
  for interface in $(ifconfig -g epair 2>/dev/null); do
    case $interface in *a) ifconfig "$interface" 2>/dev/null | grep -q 'description: jt' && ifconfig "$interface" destroy ;; esac
  done
  if [ "$failed" = 0 ]; then rm -rf "$work"; else echo "logs are kept in $work"; fi
}
