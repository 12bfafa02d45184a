# What dies, and who takes over.
group_death() {
  limit=; racct_on && limit=',"rctl":["maxproc:deny=50"]'
  declare_jail jt_die "{\"params\":{\"path\":\"$root\"},\"command\":\"/bin/sleep 1000\"$limit}"
  first=$(jid jt_die)
  jail -r jt_die
  check "death: removed by jail -r, it comes back" until_true "$patience" has_jid_unlike jt_die "$first"
  until_true "$patience" is_state jt_die running
  racct_on && same "death: with its rules" "jail:jt_die:maxproc:deny=50 " "$(rules_of jt_die)"
  second=$(jid jt_die)
  pids=$(pgrep -j "$second" | tr '\n' ' ')
  kill_daemon; start_daemon
  same "death: kill -9 of jaild: same jid" "$second" "$(jid jt_die)"
  same "death: kill -9 of jaild: same pids" "$pids" "$(pgrep -j "$second" | tr '\n' ' ')"
  same "death: kill -9 of jaild: adopted" "running $second" "$(state jt_die) $(field jt_die jid)"
  kill_daemon
  pkill -9 -j "$second" sleep
  start_daemon
  check "death: its command died while jaild was away: it comes back" until_true "$patience" has_jid_unlike jt_die "$second"
  until_true "$patience" is_state jt_die running
  second=$(jid jt_die)
  kill_daemon
  jail -r jt_die
  start_daemon
  check "death: removed while jaild was away: it comes back" until_true "$patience" has_jid_unlike jt_die "$second"
  until_true "$patience" is_state jt_die running
  second=$(jid jt_die)
  kill -9 "$(monitor_of jt_die)"
  check "death: kill -9 of the monitor: it comes back" until_true "$patience" has_jid_unlike jt_die "$second"
  check "death: and runs" until_true "$patience" is_state jt_die running
  second=$(jid jt_die)
  pkill -9 -j "$second" sleep
  check "death: kill -9 of the command: it comes back" until_true "$patience" has_jid_unlike jt_die "$second"
  has "death: the signal is shown" "$(object jt_die)" SIGKILL
  forget jt_die
  refute "death: forgotten is gone" exists jt_die
  death_of_monitor
  death_of_last_process
  death_of_others
  death_while_changing
}

# The command outlives its monitor until its jail is stopped in order; a hook under way does not.
death_of_monitor() {
  declare_jail jt_mon "{\"params\":{\"path\":\"$root\",\"mount.devfs\":true,\"exec.timeout\":10,\"exec.stop\":[\"/bin/sh -c 'pgrep -f sleep.1011 >/dev/null && echo alive at exec.stop'\"]},\"command\":\"/bin/sleep 1011\"}"
  orphan=$(jid jt_mon)
  kill -9 "$(monitor_of jt_mon)"
  check "death: monitor killed: noticed by its socket, not by the sweep" until_true 20 sh -c "! jls -j $orphan jid"
  check "death: monitor killed: the jail comes back" until_true "$patience" has_jid_unlike jt_mon "$orphan"
  until_true "$patience" is_state jt_mon running
  has "death: monitor killed: the command lived until the jail was stopped in order" "$(console jt_mon)" "exec.stop alive at exec.stop"
  same "death: monitor killed: one command" 1 "$(pgrep -f '^/bin/sleep 1011' | wc -l | tr -d ' ')"
  orphan=$(jid jt_mon)
  kill_daemon
  kill -9 "$(monitor_of jt_mon)"
  start_daemon
  check "death: monitor killed while jaild was away: the jail comes back" until_true "$patience" has_jid_unlike jt_mon "$orphan"
  until_true "$patience" is_state jt_mon running
  same "death: one command, one monitor" "1 1" "$(pgrep -f '^/bin/sleep 1011' | wc -l | tr -d ' ') $(monitor_of jt_mon | wc -l | tr -d ' ')"
  hung=$(monitor_of jt_mon)
  kill -STOP "$hung"
  down jt_mon
  check "death: a monitor that hangs does not hold the stop" until_true "$patience" is_state jt_mon stopped
  refute "death: and is ended when its run is over" kill -0 "$hung"
  forget jt_mon
  api POST /jails "{\"name\":\"jt_mon\",\"spec\":{\"params\":{\"path\":\"$root\",\"exec.prestart\":[\"/bin/sleep 6010\"],\"persist\":true},\"restart\":{\"policy\":\"never\"}}}" >/dev/null
  check "death: a hook is under way" until_true "$patience" pgrep -f '^/bin/sleep 6010'
  hook=$(pgrep -f '^/bin/sleep 6010')
  kill -9 "$(monitor_of jt_mon)"
  check "death: monitor killed: so is its hook" until_true 20 sh -c "! kill -0 $hook"
  check "death: monitor killed: the start is over" until_true "$patience" sh -c "! '$bin/jailctl' api GET /jails/jt_mon | grep -q '\"state\":\"starting\"'"
  forget jt_mon
  refute "death: no hook is left" pgrep -f '^/bin/sleep 6010'
}

# Not started by us, but in the jail: their end is seen at once too.
death_of_others() {
  declare_jail jt_guest "{\"params\":{\"path\":\"$root\",\"exec.start\":[\"/bin/sleep 4 &\"]},\"restart\":{\"policy\":\"never\"}}"
  jexec jt_guest /bin/sleep 1012 >/dev/null 2>&1 &
  check "death: a process of jexec(8) keeps its jail up" until_true "$patience" sh -c "! pgrep -f '^/bin/sleep 4'"
  same "death: it is all there is" "running 1" "$(state jt_guest) $(pgrep -j "$(jid jt_guest)" | wc -l | tr -d ' ')"
  pkill -f '^/bin/sleep 1012'
  check "death: its end is the jail's, and no sweep is waited for" until_true 20 sh -c "! jls -j jt_guest jid"
  forget jt_guest
  jail -c name=jt_guest path="$root" command=/bin/sleep 1013 >/dev/null 2>&1 &
  until_true "$patience" is_state jt_guest foreign
  api POST "/jails/jt_guest/adopt?wait=$patience" >/dev/null
  api PATCH "/jails/jt_guest?wait=$patience" '{"spec":{"params":{"persist":false,"exec.start":["true"]},"restart":{"policy":"never"}}}' >"$work/answer"
  same "death: an adopted jail lives by the processes that it had" running "$(state jt_guest)"
  pkill -f '^/bin/sleep 1013'
  check "death: and ends with them, before any sweep" until_true 20 sh -c "! jls -j jt_guest jid"
  forget jt_guest
}

death_of_last_process() {
  declare_jail jt_last "{\"params\":{\"path\":\"$root\",\"exec.start\":[\"/bin/sleep 1001 &\"]},\"restart\":{\"policy\":\"never\"}}"
  same "death: a jail without command lives by its processes" running "$(state jt_last)"
  pkill -j "$(jid jt_last)" sleep
  check "death: the last process's end ends it" until_true "$patience" sh -c "! jls -j jt_last jid"
  forget jt_last
  declare_jail jt_code "{\"params\":{\"path\":\"$root\"},\"command\":\"/bin/sh -c 'sleep 2; exit 7'\",\"restart\":{\"policy\":\"never\"}}"
  until_true "$patience" is_state jt_code failed
  has "death: the command's exit code" "$(object jt_code)" '"code":7'
  forget jt_code
  # A zombie keeps the jail dying: ours are reaped.
  declare_jail jt_zombie "{\"params\":{\"path\":\"$root\"},\"command\":\"/bin/sh -c '(sleep 1 &); (sleep 1 &); exec sleep 1000'\"}"
  zombie=$(jid jt_zombie)
  forget jt_zombie
  check "death: no zombie keeps it dying" until_true "$patience" sh -c "! jls -d -j $zombie jid"
  # A name is free at once, however long the old jail of that name is dying.
  declare_jail jt_tcp "{\"params\":{\"path\":\"$root\",\"ip4\":\"inherit\"},\"command\":\"/bin/sleep 1000\"}"
  held=$(jid jt_tcp)
  api POST "/jails/jt_tcp/restart?wait=$patience" >/dev/null
  check "death: a restart gets a new jid" has_jid_unlike jt_tcp "$held"
  forget jt_tcp
}

# A wish that changes while the last one is under way.
death_while_changing() {
  declare_jail jt_turn "{\"params\":{\"path\":\"$root\",\"exec.start\":[\"/bin/sleep 3\"],\"persist\":true}}" ',"desired":"stopped"'
  for turn in start stop start restart stop start; do api POST "/jails/jt_turn/$turn" >/dev/null; sleep 0.5; done
  check "death: stop during start, start during stop: the last wish holds" until_true "$patience" is_state jt_turn running
  same "death: one jail of it" 1 "$(jls name | grep -c '^jt_turn$')"
  same "death: one monitor of it" 1 "$(monitor_of jt_turn | wc -l | tr -d ' ')"
  forget jt_turn
}
