# A jail that is started again under its name: what the last one of it leaves in the kernel.
group_again() {
  again_with_clients
  again_from_zero
}

# R1.4: a client that stays connected keeps the old jail dying, never the new one from starting.
again_with_clients() {
  declare_jail jt_tcp "{\"params\":{\"path\":\"$root\",\"ip4\":\"inherit\"},\"command\":\"/usr/bin/nc -kl 127.0.0.1 7791\"}"
  jails=$(jls name | wc -l)
  cycle=0
  while [ "$cycle" -lt "$cycles" ]; do
    cycle=$((cycle + 1))
    until_true "$patience" sh -c 'netstat -an -p tcp | grep "127.0.0.1.7791 .*LISTEN"'
    sleep 1000 | nc 127.0.0.1 7791 >/dev/null 2>&1 &
    until_true "$patience" sh -c 'netstat -an -p tcp | grep "127.0.0.1.7791 .*ESTABLISHED"'
    last=$(jid jt_tcp)
    api POST "/jails/jt_tcp/restart?wait=$patience" >/dev/null
    until_true "$patience" has_jid_unlike jt_tcp "$last" || { bad "again: cycle $cycle" "$(object jt_tcp)"; break; }
    pkill -f '^sleep 1000$'; pkill -f '^nc 127.0.0.1 7791$'
  done
  same "again: $cycles restarts with a client connected (R1.4)" "$cycles" "$cycle"
  same "again: no jail more runs than before" "$jails" "$(jls name | wc -l)"
  forget jt_tcp
}

# R8.8: counters go with the last jail of a name, so the next one begins at nothing.
again_from_zero() {
  racct_on || { skip "again: kern.racct.enable is off"; return; }
  declare_jail jt_burn "{\"params\":{\"path\":\"$root\"},\"command\":\"/bin/sh -c 'while :; do :; done'\"}"
  check "again: cputime is counted" until_true "$patience" sh -c "[ \"\$('$bin/jailctl' api GET /jails/jt_burn/usage | sed 's/.*\"cputime\":\([0-9]*\).*/\1/')\" -ge 5 ]"
  used=$(used_by jt_burn cputime) lasted=$(used_by jt_burn wallclock)
  down jt_burn
  until_true "$patience" sh -c '! jls -d -j jt_burn jid'
  up jt_burn
  check "again: and begins at nothing after a stop (R8.8)" test "$(used_by jt_burn cputime)" -lt "$used"
  check "again: so does wallclock" test "$(used_by jt_burn wallclock)" -lt "$lasted"
  forget jt_burn
}

used_by() { api GET "/jails/$1/usage" | sed "s/.*\"$2\":\([0-9]*\).*/\1/"; }
