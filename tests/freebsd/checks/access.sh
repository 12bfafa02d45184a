# Who may: a jail with path=/ sees the socket, and its root has uid 0, too.
group_access() {
  cat >"$work/ask.sh" <<TEXT
printf 'GET /jails HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' | nc -NU "$work/run/jaild.sock" >"\$1"
TEXT
  sh "$work/ask.sh" "$work/host.answer"
  has "access: root of the host is an admin" "$(cat "$work/host.answer")" "HTTP/1.1 200"
  declare_jail jt_inside "{\"params\":{\"path\":\"/\",\"exec.start\":\"/bin/sh $work/ask.sh $work/jail.answer\",\"persist\":true}}"
  has "access: root of a jail has no role" "$(cat "$work/jail.answer")" "HTTP/1.1 403"
  has "access: and hears why" "$(cat "$work/jail.answer")" "not served into jails"
  forget jt_inside
  same "access: the socket is for root and wheel" "srw-rw---- root wheel" "$(stat -f '%Sp %Su %Sg' "$work/run/jaild.sock")"
}
