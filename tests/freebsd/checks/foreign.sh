# Jails that jaild did not make.
group_foreign() {
  # FreeBSD 15 tells of it at once; without that it is the sweep's, once a minute.
  soon=$patience; [ "$(uname -r | cut -d. -f1)" -lt 15 ] || soon=20
  jail -c name=jt_foreign path="$root" persist
  check "foreign: it is listed" until_true "$soon" is_state jt_foreign foreign
  foreign=$(jid jt_foreign)
  declare_blocked jt_foreign "{\"params\":{\"path\":\"$root\",\"persist\":true}}"
  same "foreign: it is not touched by a jail of its name" "$foreign" "$(jid jt_foreign)"
  has "foreign: which says why it waits" "$(object jt_foreign)" "jt_foreign"
  forget jt_foreign
  same "foreign: nor when that is forgotten" "$foreign" "$(jid jt_foreign)"
  jail -m name=jt_foreign host.hostname=other.example
  same "foreign: nor when it is changed" "$foreign" "$(jid jt_foreign)"
  jail -r jt_foreign
  check "foreign: it leaves the list with the kernel" until_true "$soon" sh -c "'$bin/jailctl' api GET /jails/jt_foreign | grep -q '\"status\":404'"
  declare_jail jt_ours "{\"params\":{\"path\":\"$root\"},\"command\":\"/bin/sleep 1000\"}"
  ours=$(jid jt_ours)
  jail -m jid="$ours" name=jt_theirs
  check "foreign: ours renamed by hand: one of our name comes back" until_true "$patience" has_jid_unlike jt_ours "$ours"
  same "foreign: the renamed one is not touched" "$ours" "$(jid jt_theirs)"
  forget jt_ours
  same "foreign: nor when ours is forgotten" "$ours" "$(jid jt_theirs)"
  jail -r jt_theirs
}
