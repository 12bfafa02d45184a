# The same block by jail -c and by jaild: what jls shows must not differ, jid and cpuset.id apart.
group_same() {
  same_block one \
    'host.hostname = "same.example"; host.domainname = "dom"; ip4.addr = "127.0.0.1"; ip6 = "disable"; allow.raw_sockets; allow.nosuser; allow.mount; allow.mount.tmpfs; enforce_statfs = 1; devfs_ruleset = 4; children.max = 2; securelevel = 1; sysvshm = "new"; sysvmsg = "inherit"; osrelease = "14.2-RELEASE"; osreldate = 1402000; ip4.nosaddrsel; host.hostid = 42; host.hostuuid = "00000000-0000-0000-0000-00000000002a";' \
    '"host.hostname":"same.example","host.domainname":"dom","ip4.addr":["127.0.0.1"],"ip6":"disable","allow.raw_sockets":true,"allow.suser":false,"allow.mount":true,"allow.mount.tmpfs":true,"enforce_statfs":1,"devfs_ruleset":4,"children.max":2,"securelevel":1,"sysvshm":"new","sysvmsg":"inherit","osrelease":"14.2-RELEASE","osreldate":1402000,"ip4.saddrsel":false,"host.hostid":42,"host.hostuuid":"00000000-0000-0000-0000-00000000002a",'
  same_block defaults '' ''
  same_block inherit 'ip4 = inherit; ip6 = inherit; host = inherit; sysvsem = inherit; allow.sysvipc; allow.chflags;' \
    '"ip4":"inherit","ip6":"inherit","host":"inherit","sysvsem":"inherit","allow.sysvipc":true,"allow.chflags":true,'
  same_block addresses 'ip4.addr = "127.77.6.2", "lo0|127.77.6.1/32"; ip6.addr = "fd77::6"; interface = lo0;' \
    '"ip4.addr":["127.77.6.2","lo0|127.77.6.1/32"],"ip6.addr":["fd77::6"],"interface":"lo0",'
  if [ -n "$(sysctl -N security.jail.param.vnet 2>/dev/null)" ]; then
    same_block vnet 'vnet; allow.raw_sockets = 1; allow.set_hostname = 0;' '"vnet":true,"allow.raw_sockets":"1","allow.set_hostname":false,'
  fi
  if [ -n "$(sysctl -N security.jail.param.meta 2>/dev/null)" ]; then
    same_block meta 'meta.key = "a b"; env.LANG = "C";' '"meta.key":"a b","env.LANG":"C",'
  else
    skip "same: this kernel has no meta and env"
  fi
}

# same_block NAME BLOCK PARAMS
same_block() {
  printf 'jt_same { path = "%s"; exec.start = "/bin/sleep 1000 &"; persist;\n%s }\n' "$root" "$2" >"$work/jail.conf"
  jail -f "$work/jail.conf" -c jt_same >/dev/null 2>"$work/output" || bad "same: jail -c of $1" "$(cat "$work/output")"
  theirs=$(jls -j jt_same -n all 2>/dev/null | tr ' ' '\n' | grep -v -e '^jid=' -e '^cpuset.id=')
  jail -f "$work/jail.conf" -r jt_same >/dev/null 2>&1
  # Until jaild has seen it go, its name is a foreign jail's.
  until_true "$patience" sh -c "'$bin/jailctl' api GET /jails/jt_same | grep -q '\"status\":404'"
  declare_jail jt_same "{\"params\":{\"path\":\"$root\",$3\"exec.start\":[\"/bin/sleep 1000 &\"],\"persist\":true}}"
  ours=$(jls -j jt_same -n all 2>/dev/null | tr ' ' '\n' | grep -v -e '^jid=' -e '^cpuset.id=')
  [ -n "$theirs" ] || theirs="nothing of jail -c"
  same "same: parameters as of jail(8): $1" "$theirs" "$ours"
  forget jt_same
}
