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
  has "bad input: the reason names jail, step and path" "$(reason jt_bad)" "jail jt_bad: create: path /nosuch/jail does not exist"
  forget jt_bad
  mkdir -p "$work/late"
  declare_blocked jt_late "{\"params\":{\"path\":\"$work/late/root\",\"persist\":true}}"
  mkdir "$work/late/root"
  check "bad input: what was missing and comes lets it start" until_true "$patience" is_state jt_late running
  forget jt_late
  touch "$work/file"
  declare_blocked jt_file "{\"params\":{\"path\":\"$work/file\",\"persist\":true},\"restart\":{\"policy\":\"never\"}}"
  has "bad input: a path that is no directory is named" "$(reason jt_file)" "path $work/file is no directory"
  same "bad input: and blocks" blocked "$(state jt_file)"
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
  su -m nobody -c "$bin/jaild --state-dir /tmp/jt-nobody/s --run-dir /tmp/jt-nobody/r --log-dir /tmp/jt-nobody/l" >"$work/output" 2>&1
  has "bad input: so it does before it makes a log" "$(cat "$work/output")" "need root"
  refute "bad input: and a directory" test -e /tmp/jt-nobody
  bad_paths
  bad_params
  cp "$bin/jaild" "$bin/jaild-monitor" "$root/tmp/"
  mkdir -p "$root/tmp/jt"
  jail -c path="$root" command=/tmp/jaild --state-dir /tmp/jt --run-dir /tmp/jt --log-dir /tmp/jt --monitor /tmp/jaild-monitor >"$work/output" 2>&1
  same "bad input: in a jail it refuses" 1 "$?"
  has "bad input: and says why" "$(cat "$work/output" "$root/tmp/jt/jaild.log" 2>/dev/null)" "in a jail"
  rm -rf "$root/tmp/jaild" "$root/tmp/jaild-monitor" "$root/tmp/jt"
  "$bin/jaild" --state-dir "$work/state" --run-dir "$work/run" --log-dir "$work/log" >"$work/output" 2>&1
  same "bad input: a second jaild over the same places refuses" 1 "$?"
}

# A jail's root user plants a link where another jail's root or a source of nullfs is looked for.
bad_paths() {
  mkdir -p "$work/outer/kid" "$work/outer/data" "$work/inner/mnt" "$work/secret"
  jail -c name=jt_outer path="$work/outer" persist
  declare_jail jt_kid "{\"params\":{\"path\":\"$work/outer/kid\",\"persist\":true},\"restart\":{\"policy\":\"never\"}}"
  same "bad input: a root below another jail's is possible" running "$(state jt_kid)"
  down jt_kid
  rmdir "$work/outer/kid"; ln -s "$work/secret" "$work/outer/kid"
  api POST /jails/jt_kid/start >/dev/null
  check "bad input: a root that was replaced by a link blocks" until_true "$patience" is_state jt_kid blocked
  has "bad input: which is named" "$(reason jt_kid)" "symbolic link $work/outer/kid"
  refute "bad input: and no jail is made" exists jt_kid
  forget jt_kid
  rmdir "$work/outer/data"; ln -s "$work/secret" "$work/outer/data"
  declare_blocked jt_kid "{\"params\":{\"path\":\"$work/inner\",\"mount\":[\"$work/outer/data $work/inner/mnt nullfs ro 0 0\"],\"persist\":true}}"
  has "bad input: so is a source of nullfs" "$(reason jt_kid)" "symbolic link $work/outer/data"
  same "bad input: nothing is mounted of it" 0 "$(mounts_below "$work/inner")"
  forget jt_kid
  jail -r jt_outer
}

bad_params() {
  known=$(sysctl -t security.jail.param | sed -n '/: node$/d; s/^security.jail.param.\(.*\): .*/\1/; s/\.$//; p')
  for name in mac.do zfs allow.vmm meta.key; do
    printf '%s\n' "$known" | grep -qx "${name%.key}" && continue
    has "bad input: $name, which this kernel has not, is refused" \
      "$(try "{\"params\":{\"path\":\"/\",\"$name\":\"1\",\"persist\":true}}")" "/spec/params/$name"
  done
  declare_blocked jt_bad '{"params":{"path":"/","allow.mount.jtnosuch":true,"persist":true}}'
  same "bad input: a parameter whose module is missing blocks" blocked "$(state jt_bad)"
  has "bad input: and says which" "$(reason jt_bad)" "kldload jtnosuch"
  forget jt_bad
}
