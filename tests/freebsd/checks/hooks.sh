# The order of jail(8), what each hook sees, and what a hook that fails at each step leaves behind.
group_hooks() {
  log=$work/hooks/order
  hook() { printf '"exec.%s":["echo %s JID=$JID JNAME=$JNAME JPATH=$JPATH >> %s"]' "$1" "$1" "$log"; }
  inside() { printf '"exec.%s":["echo %s JID=${JID-none} PWD=$PWD HOME=$HOME A=${JT_LEAK-none} U=$(id -un)"]' "$1" "$1"; }
  JT_LEAK=1 export JT_LEAK
  end_daemon; start_daemon
  declare_jail jt_hooks "{\"params\":{\"path\":\"$root\",\"exec.clean\":true,$(hook prepare),$(hook prestart),$(hook created),$(inside start),$(hook poststart),$(hook prestop),$(inside stop),$(hook poststop),$(hook release)},\"command\":\"/bin/sleep 1000\"}"
  same "hooks: it runs" running "$(state jt_hooks)"
  id=$(jid jt_hooks)
  down jt_hooks
  same "hooks: it is stopped" stopped "$(state jt_hooks)"
  same "hooks: host hooks in jail(8)'s order" "prepare prestart created poststart prestop poststop release " \
    "$(cut -d' ' -f1 "$log" | tr '\n' ' ')"
  same "hooks: prepare has no JID" "prepare JID= JNAME=jt_hooks JPATH=$root" "$(sed -n 1p "$log")"
  same "hooks: created has JID" "created JID=$id JNAME=jt_hooks JPATH=$root" "$(sed -n 3p "$log")"
  has "hooks: exec.clean empties the environment inside, without JID" "$(console jt_hooks)" \
    "start JID=none PWD=/ HOME=/root A=none U=root"
  has "hooks: exec.stop runs inside" "$(console jt_hooks)" "stop JID=none"
  forget jt_hooks
  hooks_that_fail
  unset JT_LEAK
}

# What had begun gets its counterpart, in jail(8)'s order; nothing stays.
hooks_that_fail() {
  mkdir -p "$work/h/dev"
  for step in prepare prestart created start poststart; do
    rm -f "$log"
    world_before=$(world)
    hook_or_fail() {
      if [ "$1" = "$step" ]; then printf '"exec.%s":["echo %s >> %s; false"]' "$1" "$1" "$log"; else
        [ "$1" = start ] && printf '"exec.start":["true"]' || printf '"exec.%s":["echo %s >> %s"]' "$1" "$1" "$log"; fi
    }
    [ "$step" = start ] && inner='"exec.start":["false"]' || inner='"exec.start":["true"]'
    declare_blocked jt_fail "{\"params\":{\"path\":\"$root\",\"persist\":true,\"mount\":[\"tmpfs $work/h/dev tmpfs rw,size=1m 0 0\"],\"interface\":\"lo0\",\"ip4.addr\":[\"127.77.3.1\"],$(hook_or_fail prepare),$(hook_or_fail prestart),$(hook_or_fail created),$inner,$(hook_or_fail poststart),$(hook_or_fail poststop),$(hook_or_fail release)},\"restart\":{\"policy\":\"never\"}}"
    has "hooks: a failing exec.$step is named" "$(object jt_fail)" "exec.$step"
    until_true "$patience" sh -c "! jls -j jt_fail jid"
    done_hooks=$(tr '\n' ' ' <"$log")
    case $step in
      prepare) same "hooks: after a failing exec.prepare" "prepare release " "$done_hooks" ;;
      prestart) same "hooks: after a failing exec.prestart" "prepare prestart poststop release " "$done_hooks" ;;
      created) same "hooks: after a failing exec.created" "prepare prestart created poststop release " "$done_hooks" ;;
      start) same "hooks: after a failing exec.start" "prepare prestart created poststop release " "$done_hooks" ;;
      poststart) same "hooks: after a failing exec.poststart" "prepare prestart created poststart poststop release " "$done_hooks" ;;
    esac
    forget jt_fail
    same "hooks: nothing is left of a failing exec.$step" "$world_before" "$(world)"
  done
}
