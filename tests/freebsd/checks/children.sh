# Child jails by dotted names: the parent first, and it takes them with it.
group_children() {
  declare_jail jt_parent "{\"params\":{\"path\":\"$root\",\"children.max\":3,\"persist\":true}}"
  declare_jail jt_parent.kid "{\"params\":{\"path\":\"$root\"},\"command\":\"/bin/sleep 1002\"}"
  same "children: a dotted name" running "$(state jt_parent.kid)"
  same "children: its parent is the jail before the dot" "$(jid jt_parent)" "$(jls -j jt_parent.kid parent)"
  declare_jail jt_parent.kid2 "{\"params\":{\"path\":\"$root\",\"persist\":true,\"host.hostname\":\"two\"}}"
  same "children: a second one" two "$(jls -j jt_parent.kid2 host.hostname)"
  if racct_on; then
    declare_jail jt_parent.lim "{\"params\":{\"path\":\"$root\"},\"command\":\"/bin/sleep 1003\",\"rctl\":[\"maxproc:deny=7\"]}"
    same "children: rules by the dotted name" "jail:jt_parent.lim:maxproc:deny=7 " "$(rules_of jt_parent.lim)"
    forget jt_parent.lim
  fi
  kid=$(jid jt_parent.kid)
  kill_daemon; start_daemon
  same "children: adopted after kill -9 of jaild" "running $kid" "$(state jt_parent.kid) $(jid jt_parent.kid)"
  parent=$(jid jt_parent)
  jail -r jt_parent
  check "children: the parent removed by hand: it comes back" until_true "$patience" has_jid_unlike jt_parent "$parent"
  check "children: and its child after it" until_true "$patience" has_jid_unlike jt_parent.kid "$kid"
  down jt_parent
  same "children: a stop of the parent stops the child" "stopped stopped" "$(state jt_parent.kid) $(state jt_parent)"
  refute "children: neither is in the kernel" sh -c "jls name | grep -q '^jt_parent'"
  refute "children: no process is left" pgrep -f "sleep 1002"
  up jt_parent.kid
  same "children: a start of the child starts the parent" "running running" "$(state jt_parent.kid) $(state jt_parent)"
  forget jt_parent.kid; forget jt_parent.kid2; forget jt_parent
  children_of_a_parent
  children_made_inside
}

# What a parent has and may bounds its children. children.max does not: it is for jails made inside, not from the host.
children_of_a_parent() {
  declare_jail jt_small "{\"params\":{\"path\":\"$root\",\"enforce_statfs\":2,\"persist\":true}}"
  declare_jail jt_small.kid "{\"params\":{\"path\":\"$root\",\"persist\":true}}"
  same "children: the host needs no room in the parent" running "$(state jt_small.kid)"
  forget jt_small.kid
  declare_blocked jt_small.kid "{\"params\":{\"path\":\"$root\",\"allow.raw_sockets\":true,\"persist\":true},\"restart\":{\"policy\":\"never\"}}"
  same "children: one that may more than its parent fails" failed "$(state jt_small.kid)"
  has "children: by its name, at its step" "$(reason jt_small.kid)" "jt_small.kid"
  has "children: and says what the parent lacks" "$(reason jt_small.kid)" "allow.raw_sockets"
  jail -c name=jt_small.byhand path="$root" command=/bin/sleep 1007 >/dev/null 2>&1 &
  check "children: one made by hand below ours" until_true "$patience" exists jt_small.byhand
  forget jt_small.kid; down jt_small
  refute "children: goes with its parent" exists jt_small.byhand
  refute "children: its processes too" pgrep -f "sleep 1007"
  up jt_small
  same "children: the parent stays as it was" "running 0" "$(state jt_small) $(jls -j jt_small children.cur)"
  has "children: one whose parent nobody declared is refused" \
    "$(api POST /jails "{\"name\":\"jt_nobody.kid\",\"spec\":{\"params\":{\"path\":\"$root\",\"persist\":true}}}")" '"status":4'
  forget jt_small
}

# A jail with nothing but a child jail of its own is not empty: in the kernel that keeps it alive as well.
children_made_inside() {
  rm -f "$work/hooks/inside"
  declare_jail jt_mother "{\"params\":{\"path\":\"$root\",\"children.max\":2,\"exec.poststop\":[\"echo over >> $work/hooks/inside\"],\"exec.start\":[\"jail -c name=kid path=/ command=/bin/sleep 1021 &\"]},\"restart\":{\"policy\":\"never\"}}"
  check "children: one made inside" until_true "$patience" exists jt_mother.kid
  until_true "$patience" is_state jt_mother running
  sleep 3
  same "children: with it alone its parent runs" "running $(jid jt_mother)" "$(state jt_mother) $(jid jt_mother.kid >/dev/null && jid jt_mother)"
  kill_daemon; start_daemon
  sleep 3
  same "children: for the next jaild, too" "running" "$(state jt_mother)"
  pkill -f '^/bin/sleep 1021'
  check "children: when it has gone, the parent's end is noticed" until_true "$patience" test -e "$work/hooks/inside"
  forget jt_mother
}
