# mount, mount.fstab, mount.devfs, mount.fdescfs, mount.procfs.
group_mounts() {
  new_root m; mkdir -p "$work/src" "$work/data"; echo from-source >"$work/src/file"
  printf '# comment\n%s %s nullfs ro 0 0\n' "$work/src" "$work/m/mnt" >"$work/fstab"
  declare_jail jt_mnt "{\"params\":{\"path\":\"$work/m\",\"mount\":[$(base_mount m),\"tmpfs $work/m/tmp tmpfs rw,size=8m,mode=1777 0 0\"],\"mount.fstab\":[\"$work/fstab\"],\"mount.devfs\":true,\"mount.fdescfs\":true,\"mount.procfs\":true,\"exec.start\":[\"ls /dev\",\"cat /mnt/file\",\"ls /proc/curproc/status\",\"ls /dev/fd\",\"touch /tmp/x\",\"test -e /dev/mem && echo SEES-MEM; true\"],\"persist\":true}}"
  same "mounts: it runs" running "$(state jt_mnt)"
  hasnt "mounts: ruleset 4 hides devices" "$(console jt_mnt)" SEES-MEM
  has "mounts: fstab with nullfs" "$(console jt_mnt)" from-source
  has "mounts: procfs" "$(console jt_mnt)" /proc/curproc/status
  same "mounts: six of them" 6 "$(mounts_below "$work/m")"
  down jt_mnt
  same "mounts: none is left after the stop" 0 "$(mounts_below "$work/m")"
  up jt_mnt
  first=$(jid jt_mnt)
  sh -c "exec 3<$work/m/etc; sleep 1000" &
  holder=$!
  down jt_mnt
  same "mounts: a file that is held open does not keep them" 0 "$(mounts_below "$work/m")"
  kill "$holder"; wait "$holder" 2>/dev/null
  forget jt_mnt
  mounts_refused
  mounts_of_files
  mounts_of_others
  mounts_made_inside
  mounts_made_inside_before
  mounts_under_way
  mounts_left_over
}

mounts_refused() {
  declare_blocked jt_rule "{\"params\":{\"path\":\"$root\",\"mount.devfs\":true,\"devfs_ruleset\":777,\"persist\":true}}"
  has "mounts: an empty ruleset is refused" "$(object jt_rule)" "ruleset 777 has no rules"
  same "mounts: nothing of it was mounted" 0 "$(mounts_below "$root/dev")"
  forget jt_rule
  mkdir -p "$work/l" "$work/elsewhere"; ln -sfn "$work/elsewhere" "$work/l/tmp"
  declare_blocked jt_link "{\"params\":{\"path\":\"$work/l\",\"mount\":[\"tmpfs $work/l/tmp tmpfs rw 0 0\"],\"persist\":true}}"
  has "mounts: a planted symbolic link is refused" "$(object jt_link)" "symbolic link"
  same "mounts: nothing was mounted through it" 0 "$(mounts_below "$work/elsewhere")"
  forget jt_link
  # The jail replaces a directory of its own by a link while it runs; the next start must not follow it.
  new_root p; mkdir -p "$work/p/tmp"
  declare_jail jt_plant "{\"params\":{\"path\":\"$work/p\",\"mount\":[\"tmpfs $work/p/tmp tmpfs rw 0 0\"],\"persist\":true},\"restart\":{\"policy\":\"never\"}}"
  down jt_plant
  rmdir "$work/p/tmp"; ln -s "$work/elsewhere" "$work/p/tmp"
  api POST "/jails/jt_plant/start" >/dev/null
  until_true "$patience" is_state jt_plant blocked
  has "mounts: nor is one planted between two runs" "$(object jt_plant)" "symbolic link"
  same "mounts: nothing was mounted through that" 0 "$(mounts_below "$work/elsewhere")"
  forget jt_plant
  declare_blocked jt_source "{\"params\":{\"path\":\"$root\",\"mount\":[\"/nosuch/source $root/mnt nullfs ro 0 0\"],\"persist\":true}}"
  has "mounts: a missing source is named" "$(object jt_source)" "/nosuch/source"
  forget jt_source
}

# mount.fstab may name anything.
mounts_of_files() {
  new_root f; mkdir -p "$work/f/etc"; mkfifo "$work/fifo"
  head -c 1100000 /dev/zero | tr '\0' '#' >"$work/long"
  echo "/ $work/f/etc nullfs ro 0 0" >"$work/f/fstab"
  for file in /dev/zero:regular "$work/fifo:regular" "$work:regular" "$work/long:longer" "$work/f/fstab:where a jail can write"; do
    declare_blocked jt_file "{\"params\":{\"path\":\"$work/f\",\"mount.fstab\":[\"${file%:*}\"],\"persist\":true}}"
    has "mounts: mount.fstab that is ${file#"$work"/}" "$(reason jt_file)" "mount.fstab ${file%:*} "
    has "mounts: and why not" "$(reason jt_file)" "${file##*:}"
    forget jt_file
  done
}

mounts_of_others() {
  mkdir -p "$work/b/x"; mount -t tmpfs tmpfs "$work/b/x"
  declare_jail jt_borrow "{\"params\":{\"path\":\"$work/b\",\"mount\":[\"tmpfs $work/b/x tmpfs rw 0 0\"],\"persist\":true}}"
  same "mounts: one that was there before is used" running "$(state jt_borrow)"
  forget jt_borrow
  same "mounts: and stays" 1 "$(mounts_below "$work/b/x")"
  umount "$work/b/x"
  mkdir -p "$work/b/dev"; mount -t devfs devfs "$work/b/dev"
  declare_blocked jt_devfs "{\"params\":{\"path\":\"$work/b\",\"mount.devfs\":true,\"persist\":true}}"
  has "mounts: a devfs without rules is not borrowed" "$(object jt_devfs)" "unmount it first"
  umount "$work/b/dev"
  check "mounts: once it is gone, the jail starts" until_true "$patience" is_state jt_devfs running
  declare_jail jt_devfs2 "{\"params\":{\"path\":\"$work/b\",\"mount.devfs\":true,\"persist\":true}}"
  same "mounts: two jails over one root share it" "running 1" "$(state jt_devfs2) $(mounts_below "$work/b/dev")"
  kill_daemon; start_daemon
  forget jt_devfs
  same "mounts: the first that stops leaves it" 1 "$(mounts_below "$work/b/dev")"
  forget jt_devfs2
  same "mounts: the last one does not" 0 "$(mounts_below "$work/b/dev")"
  # Blanks in paths are \040 in fstab(5).
  mkdir -p "$work/a b/c d"
  declare_jail jt_blank "{\"params\":{\"path\":\"$work/a b\",\"mount\":[\"tmpfs $work/a\\\\040b/c\\\\040d tmpfs rw 0 0\"],\"persist\":true}}"
  same "mounts: blanks in paths" running "$(state jt_blank)"
  check "mounts: the file system is where the line says" sh -c "mount | grep -q '$work/a b/c d '"
  forget jt_blank
  refute "mounts: and goes again" sh -c "mount | grep -q '$work/a b/c d '"
  # Nested: one below the other, and a file on a file.
  new_root n; echo one >"$work/one"; : >"$root/tmp/jt-file"
  declare_jail jt_nest "{\"params\":{\"path\":\"$work/n\",\"mount\":[$(base_mount n),\"tmpfs $work/n/mnt tmpfs rw 0 0\",\"$work/one $work/n/tmp/jt-file nullfs ro 0 0\"],\"exec.start\":[\"cat /tmp/jt-file\"],\"persist\":true}}"
  has "mounts: a file on a file" "$(console jt_nest)" "exec.start one"
  forget jt_nest
  rm -f "$root/tmp/jt-file"
  same "mounts: nested ones all go" 0 "$(mounts_below "$work/n")"
}

# What a jail mounts itself goes with it: it would keep the jail dying, and its root busy.
mounts_made_inside() {
  new_root i
  declare_jail jt_inner "{\"params\":{\"path\":\"$work/i\",\"mount\":[$(base_mount i)],\"allow.mount\":true,\"allow.mount.tmpfs\":true,\"enforce_statfs\":1,\"exec.start\":[\"mount -t tmpfs tmpfs /mnt\"],\"persist\":true}}"
  same "mounts: a jail may mount inside" 2 "$(mounts_below "$work/i")"
  inner=$(jid jt_inner)
  down jt_inner
  same "mounts: what it mounted is unmounted with it" 0 "$(mounts_below "$work/i")"
  check "mounts: so that it does not stay dying" until_true "$patience" sh -c "! jls -d -j $inner jid"
  forget jt_inner
}

# So it does when the jail may not mount any more at its end.
mounts_made_inside_before() {
  new_root i
  declare_jail jt_inner "{\"params\":{\"path\":\"$work/i\",\"mount\":[$(base_mount i)],\"allow.mount\":true,\"allow.mount.tmpfs\":true,\"enforce_statfs\":1,\"exec.start\":[\"mount -t tmpfs tmpfs /mnt\",\"/bin/sleep 1020 &\"],\"persist\":true}}"
  mkdir -p "$work/i/tmp/jt-host"; mount -t tmpfs tmpfs "$work/i/tmp/jt-host"
  same "mounts: one of the jail's and one of the host's" 3 "$(mounts_below "$work/i")"
  inner=$(jid jt_inner)
  api PATCH "/jails/jt_inner?wait=$patience" '{"spec":{"params":{"allow.mount":false,"allow.mount.tmpfs":false,"enforce_statfs":2}}}' >"$work/answer"
  check "mounts: the right is taken away while it runs" until_true "$patience" sh -c "[ \"\$(jls -j jt_inner allow.mount enforce_statfs)\" = 'false 2' ]"
  same "mounts: what it mounted stays while it lives" "3 $inner" "$(mounts_below "$work/i") $(jid jt_inner)"
  api POST /jails/jt_inner/stop >/dev/null
  check "mounts: and goes with it" until_true "$patience" sh -c "! mount -p | grep -q ' $work/i/mnt '"
  check "mounts: but the host's own does not" sh -c "mount -p | grep -q '$work/i/tmp/jt-host'"
  umount "$work/i/tmp/jt-host"; rmdir "$work/i/tmp/jt-host" 2>/dev/null
  check "mounts: so that it is not dying either" until_true "$patience" sh -c "! jls -d -j $inner jid"
  until_true "$patience" is_state jt_inner stopped
  forget jt_inner
  same "mounts: nothing is left of that" 0 "$(mounts_below "$work/i")"
}

# A jail that exchanges its mount point for a link all the time, while the host mounts there.
mounts_under_way() {
  new_root w; mkdir -p "$work/w/here" "$work/away"
  sh -c "cd '$work/w'; while :; do mv here there; ln -s '$work/away' here; rm here; mv there here; done" 2>/dev/null &
  racer=$!
  declare_blocked jt_race "{\"params\":{\"path\":\"$work/w\",\"mount\":[\"tmpfs $work/w/here tmpfs rw 0 0\"],\"persist\":true},\"restart\":{\"policy\":\"never\"}}" &
  wait $!
  for round in 1 2 3 4 5 6 7 8 9 10; do
    api POST "/jails/jt_race/restart?wait=5" >/dev/null
    [ "$(mounts_below "$work/away")" = 0 ] || break
  done
  same "mounts: nothing lands where a jail's link leads" "10 0" "$round $(mounts_below "$work/away")"
  kill "$racer"; wait "$racer" 2>/dev/null
  forget jt_race
  check "mounts: and all of it goes" until_true "$patience" sh -c "! mount -p | grep -q '$work/w/'"
}

# What somebody mounted below a mount of ours keeps it: that is said, and it goes when the other has gone.
mounts_left_over() {
  mkdir -p "$work/o"
  declare_jail jt_left "{\"params\":{\"path\":\"$root\",\"mount\":[\"tmpfs $work/o tmpfs rw 0 0\"],\"persist\":true}}"
  mkdir "$work/o/below"; mount -t tmpfs tmpfs "$work/o/below"
  api POST /jails/jt_left/stop >/dev/null
  # Not for good: it is tried again, and the state says so meanwhile.
  check "mounts: one that is in use does not hold the stop" until_true "$patience" is_state jt_left stopped
  check "mounts: what is left over is named, and what keeps it" until_true "$patience" is_because jt_left "mounted below it: $work/o/below"
  umount "$work/o/below"
  check "mounts: it goes when that has gone" until_true "$patience" sh -c "! mount | grep -q ' $work/o '"
  check "mounts: and nothing is left over any more" until_true "$patience" sh -c "'$bin/jailctl' api GET /jails/jt_left | grep -q '\"reason\":\"\"'"
  forget jt_left
}
