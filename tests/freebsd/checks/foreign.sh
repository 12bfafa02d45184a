# Jails that jaild did not make.
group_foreign() {
  # FreeBSD 15 tells of it at once; without that it is the sweep's, once a minute.
  soon=$patience; [ "$(uname -r | cut -d. -f1)" -lt 15 ] || soon=20
  jail -c name=jt_foreign path="$root" persist
  check "foreign: it is listed" until_true "$soon" is_state jt_foreign foreign
  foreign=$(jid jt_foreign)
  declare_blocked jt_foreign "{\"params\":{\"path\":\"$root\",\"persist\":true}}"
  same "foreign: it is not touched by a jail of its name" "$foreign" "$(jid jt_foreign)"
  has "foreign: which says why it waits" "$(object jt_foreign)" "jt_foreign"
  forget jt_foreign
  same "foreign: nor when that is forgotten" "$foreign" "$(jid jt_foreign)"
  jail -m name=jt_foreign host.hostname=other.example
  same "foreign: nor when it is changed" "$foreign" "$(jid jt_foreign)"
  jail -r jt_foreign
  check "foreign: it leaves the list with the kernel" until_true "$soon" sh -c "'$bin/jailctl' api GET /jails/jt_foreign | grep -q '\"status\":404'"
  foreign_changes
  foreign_adopted
}

# What is changed by hand on a jail of ours is put right: its name, its parameters, its rules.
foreign_changes() {
  limit=; racct_on && limit=',"rctl":["maxproc:deny=50"]'
  declare_jail jt_ours "{\"params\":{\"path\":\"$root\",\"host.hostname\":\"ours.example\"},\"command\":\"/bin/sleep 1000\"$limit}"
  ours=$(jid jt_ours)
  jail -m jid="$ours" name=jt_theirs
  check "foreign: ours renamed by hand gets its name back" until_true "$patience" exists jt_ours
  same "foreign: it is the same jail" "$ours" "$(jid jt_ours)"
  jail -m jid="$ours" host.hostname=byhand.example allow.raw_sockets
  check "foreign: ours changed by hand is put right" until_true "$patience" sh -c "[ \"\$(jls -j $ours host.hostname allow.raw_sockets)\" = 'ours.example false' ]"
  if racct_on; then
    rctl -r jail:jt_ours
    check "foreign: a rule that was taken away comes back" until_true "$patience" sh -c "rctl jail:jt_ours | grep -q maxproc:deny=50"
  fi
  same "foreign: nothing was started again for that" "$ours running" "$(jid jt_ours) $(state jt_ours)"
  forget jt_ours
  # In the middle of a start: what was begun is undone, whatever it is called by now. Only a descriptor can tell.
  [ "$(uname -r | cut -d. -f1)" -ge 15 ] || return
  api POST /jails "{\"name\":\"jt_ours\",\"spec\":{\"params\":{\"path\":\"$root\",\"exec.start\":[\"/bin/sleep 4\",\"true\"],\"persist\":true}}}" >/dev/null
  until_true "$patience" exists jt_ours
  ours=$(jid jt_ours)
  jail -m jid="$ours" name=jt_theirs
  check "foreign: renamed during its start, it is made anew" until_true "$patience" exists jt_ours
  until_true "$patience" is_state jt_ours running
  refute "foreign: and nothing is left of the other" sh -c "jls -j $ours jid || jls -j jt_theirs jid"
  forget jt_ours
}

# An explicit adopt takes over a jail that others made, as it is.
foreign_adopted() {
  jail -c name=jt_adopt path="$root" host.hostname=adopted.example command=/bin/sleep 1008 >/dev/null 2>&1 &
  until_true "$patience" is_state jt_adopt foreign
  adopted="$(jid jt_adopt) $(pgrep -f 'sleep 1008' | tr '\n' ' ')"
  api POST "/jails/jt_adopt/adopt?wait=$patience" >"$work/answer"
  same "foreign: an adopted jail runs" running "$(state jt_adopt)"
  same "foreign: as it did before" "$adopted" "$(jid jt_adopt) $(pgrep -f 'sleep 1008' | tr '\n' ' ')"
  has "foreign: with what the kernel knows of it" "$(object jt_adopt)" adopted.example
  kill_daemon; start_daemon
  same "foreign: it stays ours" "running ${adopted%% *}" "$(state jt_adopt) $(jid jt_adopt)"
  forget jt_adopt
  refute "foreign: and goes when it is forgotten" exists jt_adopt
}
