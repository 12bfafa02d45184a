# Aliases: with interface, mask and ifconfig words, of both families, borrowed, and of a name.
group_addresses() {
  ifconfig lo0 inet 127.77.0.9/32 alias
  declare_jail jt_ip "{\"params\":{\"path\":\"$root\",\"interface\":\"lo0\",\"ip4.addr\":[\"127.77.0.7\",\"lo0|127.77.0.9/32\"],\"ip6.addr\":[\"fd77::7/128\"],\"persist\":true}}"
  has "addresses: alias is there" "$(ifconfig lo0)" "inet 127.77.0.7 netmask 0xffffffff"
  has "addresses: inet6 too" "$(ifconfig lo0)" "inet6 fd77::7"
  same "addresses: the jail has them" "127.77.0.7,127.77.0.9 fd77::7" "$(jls -j jt_ip ip4.addr ip6.addr)"
  # The kernel reads ip4 and ip6 back as disabled; the next jaild must not take that for a change by hand.
  kill_daemon; start_daemon
  has "addresses: a restricted jail that is adopted has not drifted" "$(object jt_ip)" '"drift":[]'
  down jt_ip
  hasnt "addresses: gone after the stop" "$(ifconfig lo0)" "127.77.0.7"
  hasnt "addresses: inet6 gone too" "$(ifconfig lo0)" "fd77::7"
  has "addresses: one that was there before stays" "$(ifconfig lo0)" "127.77.0.9"
  ifconfig lo0 inet 127.77.0.9 -alias
  forget jt_ip
  declare_jail jt_ip "{\"params\":{\"path\":\"$root\",\"ip4.addr\":[\"lo0|127.77.2.1/24\",\"lo0|127.77.2.2/255.255.255.0 broadcast 127.77.2.255\"],\"ip6.addr\":[\"lo0|fd78::1/64 no_dad\"],\"persist\":true}}"
  has "addresses: mask as a length" "$(ifconfig lo0)" "inet 127.77.2.1 netmask 0xffffff00"
  has "addresses: mask in dots, and words" "$(ifconfig lo0)" "inet 127.77.2.2 netmask 0xffffff00"
  has "addresses: inet6 with a length and words" "$(ifconfig lo0)" "inet6 fd78::1 prefixlen 64"
  same "addresses: the kernel gets them bare" "127.77.2.1,127.77.2.2 fd78::1" "$(jls -j jt_ip ip4.addr ip6.addr)"
  forget jt_ip
  hasnt "addresses: all are gone" "$(ifconfig lo0)" "127.77.2."
  hasnt "addresses: inet6 as well" "$(ifconfig lo0)" "fd78::1"
  echo "127.77.4.4 jt-name.example" >>/etc/hosts
  declare_jail jt_name "{\"params\":{\"path\":\"$root\",\"host.hostname\":\"jt-name.example\",\"ip_hostname\":true,\"interface\":\"lo0\",\"persist\":true}}"
  same "addresses: ip_hostname" "127.77.4.4" "$(jls -j jt_name ip4.addr)"
  has "addresses: its alias" "$(ifconfig lo0)" "127.77.4.4"
  forget jt_name
  sed -i '' '/jt-name.example/d' /etc/hosts
  hasnt "addresses: and that goes" "$(ifconfig lo0)" "127.77.4.4"
  addresses_very_many
  declare_blocked jt_noif "{\"params\":{\"path\":\"$root\",\"ip4.addr\":[\"nosuch0|127.77.0.8/32\"],\"persist\":true}}"
  same "addresses: a missing interface blocks" blocked "$(state jt_noif)"
  has "addresses: and is named" "$(object jt_noif)" "nosuch0"
  forget jt_noif
  many=
  for last in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do many="$many${many:+,}\"lo0|127.77.5.$last/32\""; done
  declare_jail jt_many "{\"params\":{\"path\":\"$root\",\"ip4.addr\":[$many],\"persist\":true}}"
  same "addresses: twenty of them" 20 "$(jls -j jt_many ip4.addr | tr ',' '\n' | grep -c .)"
  forget jt_many
  hasnt "addresses: all twenty go" "$(ifconfig lo0)" "127.77.5."
}

# More than a jail may have by default: who has them is seen all the same.
addresses_very_many() {
  usual=$(sysctl -n security.jail.jail_max_af_ips 2>/dev/null) || { skip "addresses: no bound to raise"; return; }
  sysctl security.jail.jail_max_af_ips=400 >/dev/null
  many=127.77.8.1; last=1
  while [ "$last" -lt 300 ]; do last=$((last + 1)); many="$many,127.77.$((8 + last / 200)).$((last % 200 + 1))"; done
  many=$(printf %s "$many" | tr ',' '\n' | sort -u | tr '\n' ',')
  jail -c name=jt_hundreds path="$root" "ip4.addr=${many%,}" persist
  count=$(printf %s "$many" | tr -cd , | wc -c | tr -d ' ')
  declare_blocked jt_wants "{\"params\":{\"path\":\"$root\",\"ip4.addr\":[\"127.77.8.1\",\"127.77.7.7\"],\"persist\":true}}"
  has "addresses: a holder of $count is named" "$(object jt_wants)" "held by jail jt_hundreds"
  jail -r jt_hundreds
  check "addresses: they are free when it has gone" until_true "$patience" is_state jt_wants running
  forget jt_wants
  declare_jail jt_ours "{\"params\":{\"path\":\"$root\",\"ip4.addr\":[\"$(printf %s "${many%,}" | sed 's/,/","/g')\"],\"persist\":true}}"
  same "addresses: a jail of ours has $count" "running $count" "$(state jt_ours) $(jls -j jt_ours ip4.addr | tr ',' '\n' | grep -c .)"
  jail -m name=jt_ours allow.chflags=1
  check "addresses: and what is changed in it by hand is seen" until_true "$patience" \
    sh -c "[ \"\$(jls -j jt_ours allow.chflags)\" = false ]"
  forget jt_ours
  sysctl "security.jail.jail_max_af_ips=$usual" >/dev/null
}
