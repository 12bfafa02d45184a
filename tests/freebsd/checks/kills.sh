# R3.2. A kill at any moment of starts and stops; afterwards all is as wished and nothing is left.
group_kills() {
  count=0
  limit=; racct_on && limit=',"rctl":["maxproc:deny=50"]'
  declare_jail jt_kill "{\"params\":{\"path\":\"$root\",\"mount.devfs\":true,\"interface\":\"lo0\",\"ip4.addr\":[\"127.77.1.1\"],\"stop.timeout\":1},\"command\":\"/bin/sleep 1000\"$limit}"
  declare_jail jt_stay "{\"params\":{\"path\":\"$root\"},\"command\":\"/bin/sleep 100005\"}"
  stays="$(jid jt_stay) $(pgrep -j "$(jid jt_stay)" | tr '\n' ' ')"
  while [ "$count" -lt "$kills" ]; do
    count=$((count + 1))
    api POST /jails/jt_kill/restart >/dev/null
    sleep "$(jot -r 1 0 2).$(jot -r 1 0 9)"
    kill_daemon; start_daemon
    until_true "$patience" is_state jt_kill running || { bad "kills: after kill $count" "$(object jt_kill)"; break; }
  done
  same "kills: kill -9 of jaild at random" "$kills" "$count"
  same "kills: a jail beside it never noticed" "$stays" "$(jid jt_stay) $(pgrep -j "$(jid jt_stay)" | tr '\n' ' ')"
  same "kills: one devfs" 1 "$(mounts_below "$root/dev")"
  same "kills: one jail" 1 "$(jls name | grep -c '^jt_kill$')"
  same "kills: one monitor" 1 "$(monitor_of jt_kill | wc -l | tr -d ' ')"
  forget jt_kill; forget jt_stay
  same "kills: no devfs is left" 0 "$(mounts_below "$root/dev")"
  hasnt "kills: no alias is left" "$(ifconfig lo0)" 127.77.1.1
  same "kills: no rule is left" "" "$(rules_of jt_kill)"
}
