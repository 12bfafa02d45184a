# Long names, long paths, many jails at once.
group_names() {
  long=jt_$(printf 'x%.0s' 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60)
  declare_jail "$long" "{\"params\":{\"path\":\"$root\",\"persist\":true}}"
  same "names: one of 63 characters" running "$(state "$long")"
  forget "$long"
  has "names: one of 64 is refused" "$(api POST /jails "{\"name\":\"${long}y\",\"spec\":{\"params\":{\"path\":\"/\",\"persist\":true}}}")" '"status":422'
  for name in 7 a:b a=b a,b 'a b' .a a. a..b -a; do
    has "names: '$name' is refused" "$(api POST /jails "{\"name\":\"$name\",\"spec\":{\"params\":{\"path\":\"/\",\"persist\":true}}}")" '"status":422'
  done
  count=0; all=
  while [ "$count" -lt 12 ]; do
    count=$((count + 1)); all="$all jt_many$count"
    api POST /jails "{\"name\":\"jt_many$count\",\"spec\":{\"params\":{\"path\":\"$root\"},\"command\":\"/bin/sleep 1004\"}}" >/dev/null
  done
  check "names: twelve jails at once" until_true "$patience" sh -c "[ \$(jls name | grep -c '^jt_many') = 12 ]"
  for name in $all; do until_true "$patience" is_state "$name" running || bad "names: $name" "$(object "$name")"; done
  kill_daemon; start_daemon
  same "names: all twelve are adopted" 12 "$(api GET '/jails?state=running' | tr '{' '\n' | grep -c '"name":"jt_many')"
  for name in $all; do api DELETE "/jails/$name" >/dev/null; done
  check "names: and all go" until_true "$patience" sh -c "! jls name | grep -q '^jt_many'"
  for name in $all; do forget "$name"; done
}
