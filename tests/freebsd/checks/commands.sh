# How command lines are run: users, timeouts, background, exec.fib, exec.consolelog.
group_commands() {
  declare_jail jt_user "{\"params\":{\"path\":\"$root\",\"exec.clean\":true,\"exec.jail_user\":\"bin\",\"exec.start\":[\"id -un\"],\"persist\":true}}"
  has "commands: exec.jail_user" "$(console jt_user)" "exec.start bin"
  forget jt_user
  declare_blocked jt_user "{\"params\":{\"path\":\"$root\",\"exec.jail_user\":\"nosuchuser\",\"exec.start\":[\"id\"],\"persist\":true},\"restart\":{\"policy\":\"never\"}}"
  has "commands: a user that the jail does not know is named" "$(object jt_user)" "nosuchuser"
  refute "commands: and no jail is left of it" exists jt_user
  forget jt_user
  pw useradd jthost -u 7707 -d /nonexistent -s /usr/sbin/nologin 2>/dev/null
  declare_jail jt_user "{\"params\":{\"path\":\"$root\",\"exec.jail_user\":\"jthost\",\"exec.system_jail_user\":true,\"exec.start\":[\"id -u\"],\"persist\":true}}"
  has "commands: exec.system_jail_user takes the host's user" "$(console jt_user)" "exec.start 7707"
  forget jt_user
  chmod 777 "$work/hooks"; chmod 755 "$work"
  declare_jail jt_user "{\"params\":{\"path\":\"$root\",\"exec.system_user\":\"jthost\",\"exec.prestart\":[\"id -un > $work/hooks/user\"],\"persist\":true}}"
  same "commands: exec.system_user" jthost "$(cat "$work/hooks/user" 2>/dev/null)"
  forget jt_user
  pw userdel jthost 2>/dev/null
  declare_jail jt_slow "{\"params\":{\"path\":\"$root\",\"exec.timeout\":2,\"exec.start\":[\"/bin/sleep 6001\"],\"persist\":true},\"restart\":{\"policy\":\"never\"}}"
  has "commands: one that exceeds its time fails the start" "$(object jt_slow)" "exec.start"
  refute "commands: and is gone with it" pgrep -f "sleep 6001"
  refute "commands: so is the jail" exists jt_slow
  forget jt_slow
  declare_jail jt_slow "{\"params\":{\"path\":\"$root\",\"exec.timeout\":2,\"exec.prestart\":[\"/bin/sh -c '/bin/sleep 6002 & /bin/sleep 6002 & wait'\"],\"persist\":true},\"restart\":{\"policy\":\"never\"}}"
  refute "commands: a host hook is ended with its children" pgrep -f "sleep 6002"
  forget jt_slow
  # daemon(8) starts a session of its own, and its child an orphan: what a hook left before is not taken for one of them.
  declare_jail jt_slow "{\"params\":{\"path\":\"$root\",\"exec.timeout\":3,\"exec.prepare\":[\"/usr/sbin/daemon -f /bin/sleep 6006\"],\"exec.prestart\":[\"/bin/sh -c '/usr/sbin/daemon -f /bin/sleep 6007; /bin/sleep 6008'\"],\"persist\":true},\"restart\":{\"policy\":\"never\"}}"
  refute "commands: nor does what it started as daemons live on" pgrep -f "sleep 600[78]"
  check "commands: what an earlier hook left behind does" pgrep -f "sleep 6006"
  pkill -f "sleep 6006"
  forget jt_slow
  declare_jail jt_hang "{\"params\":{\"path\":\"$root\",\"exec.timeout\":3,\"stop.timeout\":2,\"exec.stop\":[\"/bin/sleep 6003\"],\"persist\":true}}"
  down jt_hang
  same "commands: a hanging exec.stop does not keep the jail" stopped "$(state jt_hang)"
  refute "commands: it is gone" exists jt_hang
  forget jt_hang
  declare_jail jt_back "{\"params\":{\"path\":\"$root\",\"exec.start\":[\"/bin/sleep 6004 &\",\"echo next\"]}}"
  same "commands: a trailing & is not waited for" running "$(state jt_back)"
  has "commands: the next runs meanwhile" "$(console jt_back)" "exec.start next"
  same "commands: the background process is in the jail" 1 "$(pgrep -j "$(jid jt_back)" sleep | wc -l | tr -d ' ')"
  forget jt_back
  refute "commands: and ends with it" pgrep -f "sleep 6004"
  declare_jail jt_orphan "{\"params\":{\"path\":\"$root\",\"exec.prestart\":[\"/bin/sh -c '(/bin/sleep 6005 >/dev/null 2>&1 &)'\"],\"persist\":true}}"
  same "commands: a hook that leaves a process behind is done when it ends itself" running "$(state jt_orphan)"
  forget jt_orphan
  pkill -f "sleep 6005"
  declare_jail jt_con "{\"params\":{\"path\":\"$root\",\"exec.consolelog\":\"$work/console file\",\"exec.start\":[\"echo to the console\"],\"exec.prestart\":[\"echo from the host\"],\"persist\":true}}"
  has "commands: exec.consolelog takes what is written inside" "$(cat "$work/console file" 2>/dev/null)" "to the console"
  hasnt "commands: and not the host's" "$(cat "$work/console file" 2>/dev/null)" "from the host"
  has "commands: exec.consolelog is the superuser's alone" "$(stat -f %Lp "$work/console file" 2>/dev/null)" "600"
  forget jt_con
  mkdir -p "$work/plant"; ln -sf /etc "$work/plant/log"
  declare_blocked jt_con "{\"params\":{\"path\":\"$work/plant\",\"exec.consolelog\":\"$work/plant/log/jaild-planted\",\"exec.start\":[\"true\"],\"mount\":[\"$root/bin $work/plant nullfs ro 0 0\"],\"persist\":true},\"restart\":{\"policy\":\"never\"}}"
  refute "commands: exec.consolelog does not follow a planted link" test -e /etc/jaild-planted
  forget jt_con
  answer=$(api POST "/jails" "{\"name\":\"jt_fib\",\"spec\":{\"params\":{\"path\":\"$root\",\"exec.fib\":15,\"persist\":true}}}")
  has "commands: a routing table that is not there is refused" "$answer" "net.fibs"
  pw -V "$root/etc" useradd jtclass -u 7708 -L daemon -d /nonexistent -s /usr/sbin/nologin
  declare_jail jt_class "{\"params\":{\"path\":\"$root\",\"mount.devfs\":true,\"exec.jail_user\":\"jtclass\",\"exec.start\":[\"/bin/sh -c 'echo PATH=\$PATH'\",\"/bin/sh -c 'echo class \$(ps -o class= -p \$\$)'\"],\"persist\":true}}"
  has "commands: the login class sets the path" "$(console jt_class)" "PATH=/sbin:/bin:/usr/sbin:/usr/bin"
  has "commands: it is that of the user inside" "$(console jt_class)" "exec.start class daemon"
  forget jt_class
  pw -V "$root/etc" userdel jtclass
}
