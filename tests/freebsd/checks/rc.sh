# rc.d/jaild, by its own means: a copy whose programs are those under test, with places of its own.
group_rc() {
  script=$here/../../rc.d/jaild
  [ -r "$script" ] || { skip "rc: no $script"; return; }
  mkdir -p "$work/rc/state" "$work/rc/run" "$work/rc/log"
  sed "s#/usr/local/sbin#$bin#g" "$script" >"$work/rc/jaild"
  rc() {
    env -i PATH=/sbin:/bin:/usr/sbin:/usr/bin HOME=/ ${shutting:+rc_shutdown=$shutting} \
      jaild_run_dir="$work/rc/run" jaild_log="$work/rc/jaild.log" \
      jaild_flags="--state-dir $work/rc/state --run-dir $work/rc/run --log-dir $work/rc/log${config:+ --config $config}" \
      /bin/sh "$work/rc/jaild" "$1" 2>&1
  }
  shutting=; config=
  ours=$JAILD_SOCKET; JAILD_SOCKET=$work/rc/run/jaild.sock
  check "rc: start" rc onestart
  check "rc: jaild answers when start returns" "$bin/jailctl" version
  has "rc: status" "$(rc onestatus)" "running as pid"
  check "rc: configtest" rc oneconfigtest
  check "rc: reload" rc onereload
  check "rc: and jaild is still there" "$bin/jailctl" version
  rc_with_mistakes
  declare_jail jt_rc "{\"params\":{\"path\":\"$root\"},\"command\":\"/bin/sleep 1006\"}"
  declare_jail jt_rc2 "{\"params\":{\"path\":\"$root\",\"depend\":[\"jt_rc\"],\"exec.poststop\":[\"echo jt_rc2 >> $work/rc/order\"]},\"command\":\"/bin/sleep 1006\"}"
  api PATCH "/jails/jt_rc?wait=$patience" "{\"spec\":{\"params\":{\"exec.poststop\":[\"echo jt_rc >> $work/rc/order\"]}}}" >/dev/null
  until_true "$patience" is_state jt_rc running; until_true 60 is_state jt_rc2 running
  id=$(jid jt_rc)
  has "rc: status lists the jails" "$(rc onestatus)" jt_rc
  rc onerestart >/dev/null
  check "rc: restart" until_true "$patience" "$bin/jailctl" version
  same "rc: restart leaves jails alone" "$id" "$(jid jt_rc)"
  rc_beside_rc_jail
  pid=$(cat "$work/rc/run/daemon.pid")
  kill -9 "$(pgrep -P "$pid")"
  check "rc: daemon(8) starts a killed jaild again" until_true "$patience" "$bin/jailctl" version
  same "rc: and the jails never noticed" "$id running" "$(jid jt_rc) $(state jt_rc)"
  check "rc: stop" rc onestop
  refute "rc: jaild is gone" pgrep -f "jaild --state-dir $work/rc/state"
  same "rc: stop leaves jails alone" "$id" "$(jid jt_rc)"
  rc onestart >/dev/null
  rm -f "$work/rc/order"
  shutting=1; rc faststop >"$work/output"; shutting=
  same "rc: the host's shutdown stops the jails, dependants first" "jt_rc2 jt_rc " "$(tr '\n' ' ' <"$work/rc/order" 2>/dev/null)"
  refute "rc: none is left" sh -c "jls name | grep -q '^jt_rc'"
  refute "rc: nor jaild" pgrep -f "jaild --state-dir $work/rc/state"
  rc onestart >/dev/null
  "$bin/jailctl" up jt_rc2 >/dev/null 2>&1
  until_true "$patience" is_state jt_rc2 running
  check "rc: stopjails" rc onestopjails
  same "rc: stopjails stops them" "stopped stopped" "$(state jt_rc) $(state jt_rc2)"
  check "rc: and jaild stays" "$bin/jailctl" version
  forget jt_rc2; forget jt_rc
  rc onestop >/dev/null
  JAILD_SOCKET=$ours
}

# A file with mistakes changes nothing: neither at a reload nor at a restart.
rc_with_mistakes() {
  config=$work/rc/jaild.conf
  echo 'sweep_interval = often;' >"$config"
  pid=$(cat "$work/rc/run/jaild.pid")
  refute "rc: configtest finds a mistake" rc oneconfigtest
  has "rc: and says where" "$(rc oneconfigtest)" "$config"
  refute "rc: reload refuses it" rc onereload
  refute "rc: so does restart" rc onerestart
  same "rc: the same jaild goes on" "$pid" "$(cat "$work/rc/run/jaild.pid")"
  check "rc: and answers" "$bin/jailctl" version
  config=
}

# Names that rc.d/jail would start too are warned of. Into a file: daemon(8) would keep a pipe open. Its settings come from /etc/rc.conf.d/jail.
rc_beside_rc_jail() {
  settings=/etc/rc.conf.d/jail
  [ ! -e "$settings" ] || { skip "rc: there is a $settings already"; return; }
  mkdir -p /etc/rc.conf.d
  echo 'jail_enable=YES; jail_list="jt_other jt_rc"' >"$settings"
  rc onerestart >"$work/output"; said=$(cat "$work/output")
  has "rc: a name in jail_list is warned of" "$said" "jail jt_rc is declared in jaild and started by rc.d/jail too"
  hasnt "rc: others are not" "$said" "jt_other"
  hasnt "rc: nor is the list, which is not empty" "$said" "jail_list is empty"
  printf 'jt_rc2 { path = /; persist; }\njt_third { path = /; persist; }\n' >"$work/rc/jail.conf"
  echo "jail_enable=YES; jail_conf=$work/rc/jail.conf" >"$settings"
  rc onerestart >"$work/output"; said=$(cat "$work/output")
  has "rc: without a list, a name in jail.conf is" "$said" "jail jt_rc2 is declared"
  hasnt "rc: and only that one" "$said" "jt_third is declared"
  has "rc: an empty list would stop all jails" "$said" "jail_list is empty"
  echo 'jail_enable=NO; jail_list="jt_rc"' >"$settings"
  rc onerestart >"$work/output"
  hasnt "rc: nothing is said when rc.d/jail is off" "$(cat "$work/output")" "jt_rc"
  rm -f "$settings"
}
