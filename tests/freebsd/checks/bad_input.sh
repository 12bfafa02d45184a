# Everything that is refused, and what is left of it.
group_bad_input() {
  try() { api POST /jails "{\"name\":\"jt_bad\",\"spec\":$1}"; }
  has "bad input: an unknown parameter is refused and named" "$(try '{"params":{"path":"/","nosuch.param":1,"persist":true}}')" "nosuch.param"
  has "bad input: a CPU that is not there" "$(try '{"params":{"path":"/","persist":true},"cpuset":"99"}')" "/spec/cpuset"
  has "bad input: a relative path" "$(try '{"params":{"path":"jail","persist":true}}')" "path"
  has "bad input: jid is the kernel's" "$(try '{"params":{"path":"/","persist":true,"jid":5}}')" "jid"
  has "bad input: a value that does not fit" "$(try '{"params":{"path":"/","persist":true,"securelevel":"high"}}')" "securelevel"
  declare_blocked jt_bad '{"params":{"path":"/nosuch/jail","persist":true}}'
  same "bad input: a missing path blocks" blocked "$(state jt_bad)"
  has "bad input: and is named" "$(object jt_bad)" "/nosuch/jail"
  forget jt_bad
  mkdir -p "$work/late"
  declare_blocked jt_late "{\"params\":{\"path\":\"$work/late/root\",\"persist\":true}}"
  mkdir "$work/late/root"
  check "bad input: what was missing and comes lets it start" until_true "$patience" is_state jt_late running
  forget jt_late
  touch "$work/file"
  declare_blocked jt_file "{\"params\":{\"path\":\"$work/file\",\"persist\":true},\"restart\":{\"policy\":\"never\"}}"
  has "bad input: a path that is no directory is named" "$(object jt_file)" "$work/file"
  forget jt_file
  declare_blocked jt_bad "{\"params\":{\"path\":\"$root\",\"securelevel\":1,\"enforce_statfs\":7,\"persist\":true},\"restart\":{\"policy\":\"never\"}}"
  has "bad input: the kernel's own words" "$(cat "$work/answer"; object jt_bad)" "enforce_statfs"
  forget jt_bad
  jail -c name=jt_holder path="$root" ip4.addr=127.0.0.1 persist
  declare_blocked jt_addr "{\"params\":{\"path\":\"$root\",\"ip4.addr\":[\"127.0.0.1\",\"127.0.0.2\"],\"persist\":true}}"
  has "bad input: an address that another jail holds" "$(object jt_addr)" "127.0.0.1"
  has "bad input: and which jail that is" "$(object jt_addr)" "jt_holder"
  refute "bad input: no jail is left of it" exists jt_addr
  jail -r jt_holder
  check "bad input: it starts when the address is free" until_true "$patience" is_state jt_addr running
  forget jt_addr
  su -m nobody -c "$bin/jaild --state-dir $work/state --run-dir $work/run --log-dir $work/log" >"$work/output" 2>&1
  has "bad input: without root it says so" "$(cat "$work/output")" "root"
  cp "$bin/jaild" "$bin/jaild-monitor" "$root/tmp/"
  mkdir -p "$root/tmp/jt"
  jail -c path="$root" command=/tmp/jaild --state-dir /tmp/jt --run-dir /tmp/jt --log-dir /tmp/jt --monitor /tmp/jaild-monitor >"$work/output" 2>&1
  same "bad input: in a jail it refuses" 1 "$?"
  has "bad input: and says why" "$(cat "$work/output" "$root/tmp/jt/jaild.log" 2>/dev/null)" "in a jail"
  rm -rf "$root/tmp/jaild" "$root/tmp/jaild-monitor" "$root/tmp/jt"
  "$bin/jaild" --state-dir "$work/state" --run-dir "$work/run" --log-dir "$work/log" >"$work/output" 2>&1
  same "bad input: a second jaild over the same places refuses" 1 "$?"
}
