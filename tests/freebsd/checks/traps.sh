# What the kernel does that one would not expect: memory limits, inherited descriptors, login names, persist.
group_traps() {
  traps_of_memory
  traps_of_rules
  traps_of_descriptors
  traps_of_login
  traps_of_persist
}

# memoryuse pages out and refuses nothing; what refuses is vmemoryuse.
traps_of_memory() {
  racct_on || { skip "traps: kern.racct.enable is off"; return; }
  taking='/bin/sh -c '\''dd if=/dev/zero of=/dev/null bs=64m count=1 2>&1 && echo got it || echo refused'\'
  declare_jail jt_mem "{\"params\":{\"path\":\"$root\",\"mount.devfs\":true,\"exec.start\":[\"$taking\"],\"persist\":true},\"rctl\":[\"memoryuse:deny=16m\"]}"
  has "traps: memoryuse:deny refuses no memory (12)" "$(console jt_mem)" "exec.start got it"
  same "traps: and ends nothing" running "$(state jt_mem)"
  forget jt_mem
  declare_jail jt_mem2 "{\"params\":{\"path\":\"$root\",\"mount.devfs\":true,\"exec.start\":[\"$taking\"],\"persist\":true},\"rctl\":[\"vmemoryuse:deny=48m\"]}"
  has "traps: vmemoryuse:deny does" "$(console jt_mem2)" "exec.start refused"
  forget jt_mem2
}

# The kernel keeps one of two deny rules of a resource: the other is not in force, so nothing may run.
traps_of_rules() {
  racct_on || return
  declare_blocked jt_two "{\"params\":{\"path\":\"$root\",\"exec.start\":[\"touch /tmp/jt-two\"],\"persist\":true},\"rctl\":[\"maxproc:deny=30\",\"maxproc:deny=40\"],\"restart\":{\"policy\":\"never\"}}"
  has "traps: a rule that is not in force after it was set is named (P3)" "$(cat "$work/answer"; object jt_two)" "maxproc:deny"
  refute "traps: and nothing ran" test -e "$root/tmp/jt-two"
  refute "traps: no jail is left of it" exists jt_two
  same "traps: nor a rule" "" "$(rules_of jt_two)"
  forget jt_two
}

# None of ours reaches a jail, and none of jaild's reaches a monitor: there are descriptors of jails among them (18).
traps_of_descriptors() {
  declare_jail jt_fd "{\"params\":{\"path\":\"$root\",\"exec.start\":[\"/bin/sleep 1014 &\"],\"exec.prestart\":[\"/usr/sbin/daemon -f /bin/sleep 1015\"]},\"command\":\"/bin/sleep 1016\"}"
  for pid in $(pgrep -j "$(jid jt_fd)") $(pgrep -f '^/bin/sleep 1015'); do
    same "traps: $(ps -o args= -p "$pid") has descriptors 0, 1 and 2 only" "0 1 2 " \
      "$(procstat -f "$pid" | awk '$3 ~ /^[0-9]+$/ {print $3}' | sort -n | tr '\n' ' ')"
  done
  # p pipes, s sockets, v files, k a kqueue, P its processes.
  same "traps: a monitor has nothing that it did not open" "" \
    "$(procstat -f "$(monitor_of jt_fd)" | awk '$3 ~ /^[0-9]+$/ && $4 !~ /^[psvkP]$/')"
  has "traps: and its command by a process descriptor" "$(procstat -f "$(monitor_of jt_fd)" | awk '{print $4}' | tr '\n' ' ')" " P "
  pkill -f '^/bin/sleep 1015'
  forget jt_fd
}

# setlogin(2) is the whole session's (21).
traps_of_login() {
  pw -V "$root/etc" useradd jtlogin -u 7709 -L daemon -d / -s /usr/sbin/nologin
  login_of() { ps -o login= -p "$1" | tr -d ' '; }
  before_login="$(login_of "$daemon") $(login_of $$)"
  declare_jail jt_login "{\"params\":{\"path\":\"$root\",\"exec.clean\":true,\"exec.jail_user\":\"jtlogin\",\"exec.start\":[\"id -un\"]},\"command\":\"/bin/sleep 1017\"}"
  has "traps: a command runs as the jail's user" "$(console jt_login)" "exec.start jtlogin"
  same "traps: jaild's login name is what it was (21)" "$before_login" "$(login_of "$daemon") $(login_of $$)"
  same "traps: so is the monitor's" "${before_login% *}" "$(login_of "$(monitor_of jt_login)")"
  forget jt_login
  pw -V "$root/etc" userdel jtlogin
}

# To take persist from an empty jail is to remove it (41).
traps_of_persist() {
  rm -f "$work/hooks/persist"
  declare_jail jt_empty "{\"params\":{\"path\":\"$root\",\"exec.poststop\":[\"echo poststop >> $work/hooks/persist\"],\"persist\":true}}"
  empty=$(jid jt_empty)
  jail -m name=jt_empty nopersist
  check "traps: an empty jail that loses persist by hand comes back (41)" until_true "$patience" has_jid_unlike jt_empty "$empty"
  until_true "$patience" is_state jt_empty running
  same "traps: its exec.poststop ran" poststop "$(cat "$work/hooks/persist" 2>/dev/null)"
  api PATCH "/jails/jt_empty?wait=$patience" '{"spec":{"params":{"persist":false,"exec.start":["true"]},"restart":{"policy":"never"}}}' >"$work/answer"
  check "traps: one that may no longer be empty is stopped" until_true "$patience" sh -c "! jls -j jt_empty jid"
  check "traps: in order, with its exec.poststop" until_true "$patience" sh -c "[ \$(grep -c poststop $work/hooks/persist) = 2 ]"
  forget jt_empty
}
