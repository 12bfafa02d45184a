# Commands by hand: POST .../exec, jailctl exec and console, with pipes and in a terminal of the jail's own.
group_exec() {
  declare_jail jt_exec "{\"params\":{\"path\":\"$root\",\"mount.devfs\":true},\"command\":\"/bin/sleep 1000\",\"cpuset\":\"0\"}"
  same "exec: its jail runs" running "$(state jt_exec)"
  exec_once
  exec_codes
  exec_pipes
  exec_terminal
  exec_console
  exec_ends
  forget jt_exec
  exec_without_devfs
  exec_limits
}

# run_in JAIL LINE [MORE]: the answer of one command line.
run_in() { api POST "/jails/$1/exec" "{\"command\":[\"/bin/sh\",\"-c\",\"$2\"]${3:-}}"; }
by_hand() { "$bin/jailctl" exec "$@" 2>"$work/said"; }
# Its process ids: only what runs in a jail.
found_in_jails() { pgrep -j any -f "$1"; }
outlived() { ! found_in_jails "$1"; }

exec_once() {
  answer=$(run_in jt_exec 'echo out; echo err >&2; exit 3')
  has "exec: the code" "$answer" '"code":3'
  has "exec: standard output" "$answer" '"stdout":"out\n"'
  has "exec: standard error" "$answer" '"stderr":"err\n"'
  has "exec: a signal has its name" "$(run_in jt_exec 'kill -9 $$')" '"signal":"SIGKILL"'
  has "exec: standard input" "$(run_in jt_exec 'cat' ',"stdin":"in"')" '"stdout":"in"'
  has "exec: user, directory, environment" \
    "$(run_in jt_exec 'id -un; pwd; echo $A' ',"user":"bin","cwd":"/tmp","env":{"A":"b c"}')" '"stdout":"bin\n/tmp\nb c\n"'
  has "exec: the login class" "$(run_in jt_exec 'ps -o class= -p $$' ',"login_class":"daemon"')" '"stdout":"daemon'
  has "exec: in the jail" "$(run_in jt_exec 'sysctl -n security.jail.jailed')" '"stdout":"1\n"'
  has "exec: on its CPUs" "$(run_in jt_exec 'cpuset -g')" 'mask: 0\n'
  has "exec: a user that the jail does not know" "$(run_in jt_exec true ',"user":"nosuchuser"')" nosuchuser
  has "exec: a directory that is not there" "$(run_in jt_exec true ',"cwd":"/nowhere"')" /nowhere
  answer=$(run_in jt_exec '/bin/sleep 7701 & /usr/sbin/daemon -f /bin/sleep 7701; /bin/sleep 7701' ',"timeout_seconds":3')
  has "exec: a time-out is told" "$answer" '"timed_out":true'
  check "exec: and ends it with its children" until_true 20 outlived 'sleep 7701'
  has "exec: who ran what is an event" "$("$bin/jailctl" events --jail jt_exec --type jail.exec -o json)" 'echo out; echo err'
}

exec_codes() {
  for line in "exit 0=0" "exit 42=42" 'kill -9 $$=137' 'kill $$=143'; do
    by_hand jt_exec -- /bin/sh -c "${line%=*}"
    same "exec: exit code of '${line%=*}'" "${line##*=}" $?
  done
  by_hand jt_exec -- nosuchprogram; same "exec: exit code of a program that is not there" 127 $?
  by_hand jt_exec -- /etc/passwd; same "exec: exit code of what is no program" 126 $?
  by_hand --timeout 1 jt_exec -- /bin/sleep 7702; same "exec: exit code after a time-out" 124 $?
  by_hand jt_nobody -- true; same "exec: exit code without a jail" 125 $?
  by_hand -t jt_exec -- true </dev/null; same "exec: -t needs a terminal" 125 $?
}

exec_pipes() {
  dd if=/dev/random of="$work/bytes" bs=64k count=24 2>/dev/null
  by_hand -i jt_exec -- cat <"$work/bytes" >"$work/bytes.back"
  check "exec: pipes carry every byte" cmp "$work/bytes" "$work/bytes.back"
  by_hand jt_exec -- /bin/sleep 7703 &
  client=$!
  check "exec: it runs" until_true "$patience" found_in_jails 'sleep 7703'
  same "exec: nothing of the host is open in it" "" \
    "$(procstat -f "$(found_in_jails 'sleep 7703')" | awk '$3 ~ /^[0-9]+$/ && $3 > 2' | tr '\n' ' ')"
  kill -9 "$client"; wait "$client" 2>/dev/null
  check "exec: a lost connection hangs up" until_true "$patience" outlived 'sleep 7703'
  rm -f "$work/flood"; mkfifo "$work/flood"
  size=$(ps -o rss= -p "$daemon")
  by_hand jt_exec -- yes 7704 >"$work/flood" &
  client=$!
  exec 8<"$work/flood"
  head -c 1000 <&8 >/dev/null
  check "exec: a flood that nobody reads stands still" until_true "$patience" stands_still 'yes 7704'
  check "exec: and is not kept in memory" [ "$(($(ps -o rss= -p "$daemon") - size))" -lt 16000 ]
  exec 8<&-
  check "exec: and ends when its reader does" until_true "$patience" outlived 'yes 7704'
  wait "$client" 2>/dev/null
}
# It waits for its pipe, and a second later it has used no more time.
stands_still() {
  used=$(ps -o time= -p "$(found_in_jails "$1")") && sleep 1 && [ "$(ps -o time= -p "$(found_in_jails "$1")")" = "$used" ]
}

# terminal JAIL LINE: script(1) gives jailctl a terminal of 33 lines; what is typed comes from descriptor 9.
terminal() {
  rm -f "$work/typed"; mkfifo "$work/typed"; : >"$work/screen"
  script -q -t 0 "$work/screen" /bin/sh -c "stty rows 33 columns 90; before=\$(stty -g); $1; echo code \$?; [ \"\$before\" = \"\$(stty -g)\" ] && echo restored" \
    <"$work/typed" >/dev/null 2>&1 &
  script=$!
  exec 9>"$work/typed"
}
shows() { grep -aq "$1" "$work/screen"; }
hang_up() { exec 9>&-; wait "$script" 2>/dev/null; }
screen() { tr -d '\r' <"$work/screen"; }

exec_terminal() {
  terminal "'$bin/jailctl' exec -it -u bin -e A=b jt_exec -- /bin/sh -c 'id -un; tty; stty size; echo \$A\$TERM; ls /dev/pts; echo ready; exec cat'"
  check "exec: a command in a terminal" until_true "$patience" shows ready
  mine=$(screen | grep -m 1 '^/dev/pts/')
  has "exec: it has a terminal" "$mine" /dev/pts/
  same "exec: the jail sees no other" "${mine#/dev/pts/}" "$(screen | grep '^[0-9][0-9]*$' | tr '\n' ' ' | sed 's/ $//')"
  has "exec: of the size of ours" "$(screen)" "33 90"
  same "exec: which is its user's" bin "$(run_in jt_exec "ls -l $mine" | sed -n 's/.*"stdout":"[^ ]* *[0-9]* *\([a-z]*\) .*/\1/p')"
  printf 'typed here\n' >&9
  check "exec: what is typed arrives" until_true "$patience" shows 'typed here.*'
  printf '\003' >&9
  check "exec: Ctrl-C reaches the command" until_true "$patience" shows 'code 130'
  check "exec: the terminal is restored" until_true "$patience" shows restored
  hang_up
  terminal "'$bin/jailctl' exec -it jt_exec -- /bin/sh -c 'echo ready; exec /bin/sleep 7705'"
  until_true "$patience" shows ready
  pkill -9 -j any -f 'sleep 7705'
  check "exec: killed by a signal it is 137" until_true "$patience" shows 'code 137'
  hang_up
  terminal "'$bin/jailctl' exec -it jt_exec -- /bin/sh -c 'echo ready; exec /bin/sleep 7706'"
  until_true "$patience" shows ready
  printf '\020\021' >&9
  check "exec: the detach keys end jailctl" until_true "$patience" shows 'code 0'
  check "exec: and leave the command" found_in_jails 'sleep 7706'
  hang_up
  pkill -9 -j any -f 'sleep 7706'
}

exec_console() {
  terminal "'$bin/jailctl' console jt_exec"
  printf 'echo arg $0 user $(id -un) at $(tty)\n' >&9
  check "exec: a console is a login shell in a terminal" until_true "$patience" shows 'arg -.*sh user root at /dev/pts/'
  printf 'exit 7\n' >&9
  check "exec: and its code is the shell's" until_true "$patience" shows 'code 7'
  hang_up
}

# Whatever ends around it, nothing of it stays.
exec_ends() {
  declare_jail jt_exec2 "{\"params\":{\"path\":\"$root\"},\"command\":\"/bin/sleep 1000\"}"
  by_hand jt_exec2 -- /bin/sh -c "trap '' TERM HUP; /bin/sleep 7707; /bin/sleep 7707" &
  client=$!
  until_true "$patience" found_in_jails 'sleep 7707'
  down jt_exec2
  same "exec: a jail stops in spite of it" stopped "$(state jt_exec2)"
  wait "$client"; code=$?
  check "exec: who waited is told" [ "$code" = 125 -o "$code" = 137 ]
  check "exec: nothing of it is left" outlived 'sleep 7707'
  answer=$(run_in jt_exec2 true)
  has "exec: not in a jail that does not run" "$answer" '"status":409'
  up jt_exec2
  by_hand jt_exec2 -- /bin/sh -c "trap '' HUP; /bin/sleep 7708" &
  client=$!
  until_true "$patience" found_in_jails 'sleep 7708'
  jail=$(jid jt_exec2)
  kill -9 "$(monitor_of jt_exec2)"
  check "exec: a monitor that dies takes it along" until_true "$patience" outlived 'sleep 7708'
  wait "$client"; same "exec: who waited for that is told, too" 125 $?
  check "exec: the jail comes back" until_true "$patience" has_jid_unlike jt_exec2 "$jail"
  until_true "$patience" is_state jt_exec2 running
  by_hand jt_exec2 -- /bin/sleep 7709 &
  client=$!
  until_true "$patience" found_in_jails 'sleep 7709'
  kill_daemon
  wait "$client"; same "exec: who waits for a jaild that dies is told" 125 $?
  start_daemon
  check "exec: and what ran is hung up" until_true "$patience" outlived 'sleep 7709'
  forget jt_exec2
}

exec_without_devfs() {
  new_root bare
  declare_jail jt_exec "{\"params\":{\"path\":\"$work/bare\",\"mount\":[$(base_mount bare)]},\"command\":\"/bin/sleep 1000\"}"
  has "exec: without a terminal it needs no devfs" "$(run_in jt_exec 'echo here')" '"stdout":"here\n"'
  terminal "'$bin/jailctl' exec -it jt_exec -- true"
  check "exec: with one it does, and that is said" until_true "$patience" shows 'mount.devfs'
  check "exec: exit code of that" until_true "$patience" shows 'code 12[56]'
  hang_up
  forget jt_exec
}

exec_limits() {
  racct_on || { skip "exec: limits: kern.racct.enable is off"; return; }
  declare_jail jt_exec "{\"params\":{\"path\":\"$root\"},\"command\":\"/bin/sleep 1000\",\"rctl\":[\"maxproc:deny=3\"]}"
  has "exec: what is run by hand obeys the limits" \
    "$(run_in jt_exec '/bin/sleep 1 & /bin/sleep 1 & /bin/sleep 1 & wait')" "annot fork"
  forget jt_exec
}
