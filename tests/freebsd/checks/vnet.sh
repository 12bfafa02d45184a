# R4.3. Interfaces lent to vnet jails: there and back, renamed inside, destroyed inside, made by hooks.
group_vnet() {
  [ -n "$(sysctl -N security.jail.param.vnet 2>/dev/null)" ] || { skip "vnet: a kernel without VIMAGE"; return; }
  interfaces=$(ifconfig -l | wc -w)
  cycle=0
  while [ "$cycle" -lt "$cycles" ]; do
    cycle=$((cycle + 1))
    a=$(ifconfig epair create); ifconfig "$a" description jt
    declare_jail jt_vnet "{\"params\":{\"path\":\"$root\",\"vnet\":\"new\",\"vnet.interface\":[\"${a%a}b\"],\"exec.start\":[\"ifconfig ${a%a}b inet 10.77.0.2/24 up\"],\"persist\":true}}"
    [ "$(state jt_vnet)" = running ] || { bad "vnet: cycle $cycle" "$(object jt_vnet)"; break; }
    jexec jt_vnet ifconfig "${a%a}b" | grep -q 10.77.0.2 || { bad "vnet: cycle $cycle: no address inside"; break; }
    forget jt_vnet
    ifconfig "${a%a}b" >/dev/null 2>&1 || { bad "vnet: cycle $cycle: the interface did not come back"; break; }
    ifconfig "$a" destroy
  done
  same "vnet: $cycles cycles with epair" "$cycles" "$cycle"
  same "vnet: no interface is left over" "$interfaces" "$(ifconfig -l | wc -w)"
  refute "vnet: no jail is left over" exists jt_vnet
  vnet_changed_inside
  vnet_by_hooks
  declare_blocked jt_vnet "{\"params\":{\"path\":\"$root\",\"vnet\":\"new\",\"vnet.interface\":[\"nosuch7b\"],\"persist\":true}}"
  has "vnet: a missing interface is named" "$(object jt_vnet)" nosuch7b
  forget jt_vnet
  has "vnet: addresses beside it are refused" \
    "$(api POST /jails "{\"name\":\"jt_vnet\",\"spec\":{\"params\":{\"path\":\"$root\",\"vnet\":\"new\",\"ip4.addr\":[\"10.77.0.3\"],\"persist\":true}}}")" "ip4.addr"
}

# The jail's root may rename or destroy what it was lent: the stop must end all the same, and give the rest back.
vnet_changed_inside() {
  a=$(ifconfig epair create); ifconfig "$a" description jt
  mac=$(mac_of "${a%a}b")
  declare_jail jt_vnet "{\"params\":{\"path\":\"$root\",\"vnet\":\"new\",\"vnet.interface\":[\"${a%a}b\"],\"exec.start\":[\"ifconfig ${a%a}b name jtren0\"],\"persist\":true}}"
  down jt_vnet
  same "vnet: a renamed interface does not hold the stop" stopped "$(state jt_vnet)"
  same "vnet: and it comes back under the name it was lent by" "$mac" "$(mac_of "${a%a}b")"
  refute "vnet: not under the new one" ifconfig jtren0
  ifconfig "$a" destroy
  vnet_impostor
  a=$(ifconfig epair create); ifconfig "$a" description jt
  forget jt_vnet
  declare_jail jt_vnet "{\"params\":{\"path\":\"$root\",\"vnet\":\"new\",\"vnet.interface\":[\"${a%a}b\"],\"exec.start\":[\"ifconfig ${a%a}b destroy\"],\"persist\":true}}"
  down jt_vnet
  same "vnet: nor does one that was destroyed inside" stopped "$(state jt_vnet)"
  forget jt_vnet
  ifconfig "$a" destroy 2>/dev/null
  same "vnet: none is left over" "$interfaces" "$(ifconfig -l | wc -w)"
}

mac_of() { ifconfig "$1" 2>/dev/null | sed -n 's/.*ether //p'; }

# It may give the name to an interface of its own: that one is not for the host.
vnet_impostor() {
  forget jt_vnet
  a=$(ifconfig epair create); ifconfig "$a" description jt
  mac=$(mac_of "${a%a}b")
  declare_jail jt_vnet "{\"params\":{\"path\":\"$root\",\"vnet\":\"new\",\"vnet.interface\":[\"${a%a}b\"],\"exec.start\":[\"ifconfig ${a%a}b name jtren0\",\"sleep 2\",\"ifconfig epair77 create\",\"ifconfig epair77b name ${a%a}b\"],\"persist\":true}}"
  same "vnet: the jail exchanges its interface for its own" running "$(state jt_vnet)"
  before_down=$(ifconfig -l | wc -w)
  down jt_vnet
  same "vnet: what was lent comes back, and not what the jail made" "$((before_down + 1))" "$(($(ifconfig -l | wc -w)))"
  check "vnet: it has its name again" until_true "$patience" ifconfig "${a%a}b"
  same "vnet: and is the same" "$mac" "$(mac_of "${a%a}b")"
  ifconfig "$a" destroy
}

vnet_by_hooks() {
  declare_jail jt_vnet "{\"params\":{\"path\":\"$root\",\"vnet\":\"new\",\"vnet.interface\":[\"jt0b\"],\"exec.prestart\":[\"/bin/sh -c 'a=\$(ifconfig epair create) && ifconfig \$a name jt0a && ifconfig \${a%a}b name jt0b'\"],\"exec.poststop\":[\"ifconfig jt0a destroy\"],\"exec.start\":[\"ifconfig jt0b inet 10.78.0.2/24 up\"],\"persist\":true}}"
  has "vnet: made by exec.prestart" "$(jexec jt_vnet ifconfig jt0b 2>&1)" 10.78.0.2
  jail -r jt_vnet
  check "vnet: a jail removed behind our back comes back with it" until_true "$patience" sh -c "jexec jt_vnet ifconfig jt0b | grep -q 10.78.0.2"
  forget jt_vnet
  same "vnet: none is left of that" "$interfaces" "$(ifconfig -l | wc -w)"
}
