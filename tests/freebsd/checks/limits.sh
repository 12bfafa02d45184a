# Limits and CPUs: in force before the first process, changed while it runs, gone after.
group_limits() {
  racct_on || { skip "limits: kern.racct.enable is off"; return; }
  declare_jail jt_lim "{\"params\":{\"path\":\"$root\",\"exec.start\":[\"cpuset -g\",\"/bin/sh -c '(sleep 1 & sleep 1 & sleep 1 & wait) || echo fork refused'\"],\"exec.timeout\":30,\"persist\":true},\"command\":\"/bin/sleep 1000\",\"rctl\":[\"maxproc:deny=3\",\"memoryuse:deny=512m\",\"pcpu:deny=150\"],\"cpuset\":\"0\"}"
  has "limits: the first command sees the cpuset (R8.7)" "$(console jt_lim | grep -m 1 mask)" "pid -1 mask: 0"
  hasnt "limits: and nothing beyond" "$(console jt_lim | grep -m 1 mask)" ","
  has "limits: maxproc holds before the first fork" "$(console jt_lim)" "annot fork"
  forget jt_lim
  declare_jail jt_lim "{\"params\":{\"path\":\"$root\",\"exec.start\":[\"cpuset -g\"]},\"command\":\"/bin/sleep 1000\",\"rctl\":[\"maxproc:deny=30\",\"memoryuse:deny=512m\",\"pcpu:deny=150\"],\"cpuset\":\"0\"}"
  same "limits: all rules are in force" "jail:jt_lim:maxproc:deny=30 jail:jt_lim:memoryuse:deny=536870912 jail:jt_lim:pcpu:deny=150 " \
    "$(rules_of jt_lim)"
  usage=$(api GET /jails/jt_lim/usage)
  same "limits: usage has 25 resources" 25 \
    "$(printf '%s' "$usage" | sed 's/.*"resources":{\([^}]*\)}.*/\1/' | tr ',' '\n' | grep -c .)"
  same "limits: usage counts the jail and not its monitor" 1 "$(printf '%s' "$usage" | sed 's/.*"maxproc":\([0-9]*\).*/\1/')"
  limits_change
  down jt_lim
  same "limits: no rule is left after the stop" "" "$(rules_of jt_lim)"
  has "limits: a jail that does not run has no usage, whatever the kernel says" "$(api GET /jails/jt_lim/usage)" '"status":409'
  forget jt_lim
  rctl -a jail:jt_stale:maxproc:deny=1
  declare_jail jt_stale "{\"params\":{\"path\":\"$root\",\"persist\":true}}"
  same "limits: stale rules of the name are removed" "" "$(rules_of jt_stale)"
  forget jt_stale
  declare_blocked jt_refuse "{\"params\":{\"path\":\"$root\",\"exec.start\":[\"touch /tmp/jt-ran\"],\"persist\":true},\"rctl\":[\"swapuse:deny=1m/process\"],\"restart\":{\"policy\":\"never\"}}"
  has "limits: a rule that the kernel refuses is named" "$(object jt_refuse; cat "$work/answer")" "swapuse"
  refute "limits: and nothing ran without it" test -e "$root/tmp/jt-ran"
  refute "limits: no jail is left of it" exists jt_refuse
  forget jt_refuse
  declare_jail jt_note "{\"params\":{\"path\":\"$root\",\"exec.start\":[\"/bin/sh -c 'true; true; true'\",\"/bin/sh -c '/bin/sleep 2 & /bin/sleep 2 & wait'\"],\"persist\":true},\"rctl\":[\"maxproc:devctl=2\"]}"
  if pgrep -q devd; then
    check "limits: a reached devctl limit is an event" until_true "$patience" sh -c \
      "'$bin/jailctl' events --jail jt_note --type jail.limit_hit | grep -q jt_note"
    check "limits: a reached devctl limit is counted" until_true "$patience" sh -c \
      "'$bin/jailctl' api GET /metrics | grep 'jaild_jail_limit_hits_total{jail=\"jt_note\"' | grep -vq ' 0$'"
  else
    skip "limits: devd does not run"
  fi
  forget jt_note
}

# On a running jail, as a difference; the jail stays as it is.
limits_change() {
  before_jid=$(jid jt_lim)
  api PATCH "/jails/jt_lim?wait=$patience" '{"spec":{"rctl":["maxproc:deny=40","openfiles:deny=500"],"cpuset":"0-1","params":{"allow.raw_sockets":true,"host.hostname":"changed.example"}}}' >"$work/answer"
  until_true "$patience" sh -c 'rctl jail:jt_lim | grep -q maxproc:deny=40'
  same "change: rules are exchanged while it runs" "jail:jt_lim:maxproc:deny=40 jail:jt_lim:openfiles:deny=500 " "$(rules_of jt_lim)"
  if [ "$(sysctl -n hw.ncpu)" -gt 1 ]; then
    has "change: cpuset grows while it runs" "$(cpuset -g -j jt_lim)" "mask: 0, 1"
    has "change: and that of its processes" "$(cpuset -g -p "$(pgrep -j "$(jid jt_lim)" sleep)")" "mask: 0, 1"
  fi
  same "change: parameters while it runs" "true changed.example" "$(jls -j jt_lim allow.raw_sockets host.hostname)"
  same "change: same jid" "$before_jid" "$(jid jt_lim)"
  # Every look while one amount follows the other finds a rule.
  : >"$work/looks"; : >"$work/looking"
  ( while [ -e "$work/looking" ]; do rctl jail:jt_lim | grep -c :maxproc:deny >>"$work/looks"; done ) &
  looker=$!
  for amount in 50 60 70 80; do
    api PATCH "/jails/jt_lim?wait=$patience" "{\"spec\":{\"rctl\":[\"maxproc:deny=$amount\",\"openfiles:deny=500\"]}}" >"$work/answer"
  done
  rm -f "$work/looking"; wait "$looker"
  looks=$(sort -u "$work/looks" | tr '\n' ' '); rm -f "$work/looks"
  same "change: never a moment without limit" "1 " "$looks"
  [ "$(sysctl -n hw.ncpu)" -gt 1 ] || return
  # A process with a set of its own: what would leave it without a CPU waits for the next start.
  cpuset -l 1 -p "$(pgrep -j "$(jid jt_lim)" sleep)"
  api PATCH "/jails/jt_lim?wait=5" '{"spec":{"cpuset":"0"}}' >"$work/answer"
  has "change: a cpuset that would strand a process is pending" "$(object jt_lim)" '"pending":["cpuset"]'
  same "change: the jail runs on" "$before_jid" "$(jid jt_lim)"
}
