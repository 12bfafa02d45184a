// jaild and jaild-monitor: how one is started by the other, and what they say to each other.
//
// STARTING
//   jaild-monitor --name NAME --run N --run-dir DIR --log-dir DIR --state-dir DIR [--log-rate BYTES]
// Run it and wait for its exit, which comes at once: it forks itself away (fork, setsid, every inherited descriptor
// closed) and the parent ends when the child listens:
//   exit 0   listening at RUN_DIR/monitors/N.sock: connect(2) succeeds now
//   exit 3   a monitor of run N is alive already; connect to it
//   exit 1   failed, 2 usage; one line on stderr says why
// All options but --log-rate are needed; that is what the jail may write into its log, bytes a second. N is 1 to 2^63-1
// and never reused. The directories are absolute and must exist; RUN_DIR/monitors, RUN_DIR/jails, RUN_DIR/root,
// LOG_DIR/jails and STATE_DIR/exits are made in them (0700). The monitor has no environment; it ignores TERM, INT, HUP
// and PIPE and ends by `finish` only (or by `exit` below). It must not be killed with jaild: systemd needs
// KillMode=process; rc.d/jaild and daemon(8) signal only jaild itself. /proc must be mounted on Linux.
//
// A jaild that starts connects to every RUN_DIR/monitors/*.sock. ECONNREFUSED: that monitor died (unlink the socket;
// see `exit record` and `jail record`). The socket is short by design: sun_path has 104 bytes on FreeBSD. Only uid 0
// outside any jail is served. One connection at a time: a newer one replaces the older when it
// has sent something.
//
// FILES (JSON, written as *.tmp, synced, renamed)
//   RUN_DIR/monitors/N.sock   0600, removed by finish
//   RUN_DIR/jails/NAME.json   jail record, Linux: {"pid":P,"start_time":T,"name":"..","run":N,"path":"..",
//                             "jail":{path, net, caps, socket_af as in create}}; written
//                             after the clone and before pid 1 does anything, removed when pid 1 is gone. start_time is
//                             field 22 of /proc/P/stat: the same P with another T is not the jail. Without a monitor
//                             the jail is removed by SIGKILL to P.
//   STATE_DIR/exits/N.json    exit record: {"name":"..","run":N,"exit":{LastExit of api/contract/json.h}}; written when
//                             the main command ended, removed by finish
//   LOG_DIR/jails/NAME.log    console: a line is "2026-01-31T12:00:00.123Z RUN PHASE STREAM TEXT", STREAM is out or
//   err, with a + behind it where the line goes on in the next one of its phase and stream;
//                             NAME.log.1 to .3 are older. Phase "jaild" is the monitor itself, which says when it
//                             starts.
//
// MESSAGES
// One JSON object a line, at most `line_max` bytes. Fields are only added, an unknown one is ignored; an unknown
// request is answered {"id":N,"ok":false,"error":"unknown request","kind":"invalid"}. `id` is chosen by jaild, 1 to
// 2^63-1; it should not be reused over restarts of jaild, because the answer to a `run` that outlived its connection
// goes to the connection there is then, under its old id. Requests may be interleaved freely; each has exactly one
// answer:
//   {"id":N,"ok":true,...}
//   {"id":N,"ok":false,"error":"one sentence","errno":E?,"kind":"host_refused"}     kind: an enumerator of jaild::Kind
// A line that is not JSON, too long, or without id ends the connection; so does a jaild that does not read (the state
// is kept and told by the next hello).
//
// {"id":N,"request":"hello","environment":["NAME=value",..]?}    answered at once. environment: what commands inherit
//   from now on, without exec.clean; HOME, SHELL and USER are root's where it has none. Subscribes to notes: none is
//   sent on a connection before its hello. "version":1  "name"  "run"  "pid": the monitor's "jid"?            Linux:
//   host pid of pid 1. FreeBSD: as adopted. Absent before create/adopt; stays when it is gone "start_time"?     Linux:
//   of pid 1 "gone":bool       Linux: pid 1 ended "empty":bool      no process in the jail now (true before anything
//   ran, and when gone) "main":           "none" | "running" | "exited"     "main_pid"? while running     "exit"?
//   LastExit, once exited "commands":[{"id","phase"}]   `run`s under way; their answers will come to this connection
//   "answers":[{"id","phase"?,"ok",...}]  the last 16 answers to create, run, main, terminate and remove, delivered or
//   not "lost_lines":N    console lines lost so far, because the disk was full, a file failed or the jail wrote too
//   fast "log_error"?: why the last write of the log or of exec.consolelog failed; absent while they go in, and from
//   older monitors
//
// {"id":N,"request":"create","jail":{...}}   Linux, once. Makes namespaces, root file system and pid 1, which is then
// the
//   only process in the jail. Answer: "jid", "start_time". On failure nothing is left, and it may be asked again.
//   "path"            absolute host path of the root; bound non-recursively, nodev: mounts below it do not show
//   "hostname"?  "domainname"?    default ""
//   "net"             "new": own stack, lo up. "none": own stack, nothing up. "inherit": the host's. Interfaces are put
//                     into /proc/JID/ns/net by jaild after the answer
//   "procfs"?         /proc of the jail's own pids, host-wide parts masked or read-only
//   "devfs"?          /dev: null zero full random urandom tty pts ptmx shm, and the fd symlinks with procfs
//   "fdescfs"?        needs procfs and devfs (Linux has /dev/fd only as a symlink into /proc): else kind invalid
//   "mounts"?         [{"source","target","type","options":[..]?}] in order, before devfs and procfs. target: absolute,
//   as
//                     seen from inside, must exist, no symlink on the way. type "nullfs" or "bind": source is a host
//                     directory or file, never its submounts; "tmpfs": source ignored. options: ro rw nosuid suid
//                     noexec exec noatime atime; tmpfs also size=, mode=, uid=, gid=, nr_inodes=. Always nodev.
//   "caps"?           beyond chown dac_override fowner fsetid setuid setgid kill sys_chroot: any of net_raw
//                     net_bind_service linux_immutable ipc_lock
//   "socket_af"?      true: any socket family (allow.socket_af). false, the default: unix, inet, inet6, netlink, and
//                     packet with net_raw
//   "cgroups"?        as in limits; every in-jail process joins them before anything else. pid 1 joins that of the cpu
//                     controller alone, and only where another one counts processes.
//   "rlimits"?        as in limits
//   "timeout_ms"?     for the mounts; default 30000
//
// {"id":N,"request":"adopt","jid":J,"inhabited":true?,"cgroups"?,"rlimits"?}   a jail that exists. FreeBSD: that jaild
//   made for this run, or took over; verified: its name is NAME. inhabited: it may have processes that were there
//   before this monitor; a note of emptiness comes when they have ended, or at once. Linux: whose monitor died;
//   verified by the jail record: name, run, pid and start time. What runs in it already is not our child: its end is
//   not noted, but for `gone`. cgroups, rlimits: as in limits. Answer: "jid"; an older monitor does not say it.
//
// {"id":N,"request":"limits","cgroups":[..]?,"rlimits":{..}?}   Linux: replaces what later in-jail processes get.
//   cgroups: absolute paths of cgroup.procs files. rlimits: {"nofile":1024,...}, both soft and hard, by the names cpu
//   fsize data stack core rss nproc nofile memlock as msgqueue; -1 is unlimited; raising above the monitor's own hard
//   limit is cut to it. Processes that run already are jaild's business (prlimit(2)).
//
// {"id":N,"request":"run","command":{...}}    a hook; answered when it ended. At most `commands_max` at once.
//   "phase"           "exec.start": [a-z0-9._-], at most 32 bytes; goes into the log
//   "line"            as jail(8) takes it: a metacharacter: /bin/sh -c; else split on white space; "... &": background,
//                     answered when exec'ed; nothing but white space: success at once
//   "in_jail"?        needs create or adopt
//   "user"?           "" root, without touching ids or environment. A name or a number
//   "system_user"?    look it up in the host's files although the command runs in the jail
//   "clean"?          exec.clean: PATH, TERM, USER, HOME, SHELL only; with `user` also chdir to the home directory.
//                     Host commands get JNAME, JPATH and, once known, JID in any case
//   "fib"?            FreeBSD. Not 0 on Linux: kind invalid
//   "timeout_ms"?     0 unlimited. Then TERM to the command and its descendants, KILL after `kill_grace`
//   "console"?        exec.consolelog: absolute host path of a file that gets the bytes instead of the log. The monitor
//                     writes it, the command has a pipe
//   "path"?           the jail's root: JPATH; required with console below it
//   Answer: "code":C or "signal":S (a number), "timed_out":true? "canceled":true? "seconds":X. A command that could not
//   be exec'ed: ok false. Each runs in a session of its own, stdin /dev/null, default signals, umask 022. If the
//   monitor dies, the kernel ends the command (not what it started, nor on Linux one of another user); main and
//   background ones live on.
//
// {"id":N,"request":"main","command":{...}}   once; the same fields without timeout_ms; a trailing & is dropped.
//   Answered when exec'ed: "pid".
// {"id":N,"request":"exec","command":{...},"fds":K}   what somebody runs in the jail by hand; needs create or adopt.
//   With the line come K descriptors (SCM_RIGHTS): a stream socket, the lifeline; without "terminal" three more, which
//   the command gets as 0, 1 and 2.
//   "argv"?           empty or absent: the user's login shell, as one
//   "user"?           as in run; looked up in the jail
//   "env"?            ["NAME=value"], over what exec.clean gives
//   "directory"?      "" the root; a login shell's is the user's home
//   "login_class"?    FreeBSD
//   "fib"? "timeout_ms"?    as in run
//   "terminal"?       {"columns","rows"}: the command gets a terminal of this size, allocated in the jail, as its
//                     controlling one; before it is exec'ed its master comes through the lifeline, with one byte
//   Answered when exec'ed: "pid"; its end is a note. When the other end of the lifeline is closed, the command is ended
//   with its children: HUP and TERM, KILL after `kill_grace`. Its output is nobody's log; at most half of
//   `commands_max` at once; it is not in hello's commands, and cancel leaves it alone.
// {"id":N,"request":"signal","target":M,"signal":S}   to the process group of exec M; kind not_found once it ended.
// {"id":N,"request":"cancel","target":M?}     ends run M, or all, with descendants, as a timeout would. Answer:
// "count".
// {"id":N,"request":"terminate","timeout_ms":T}  TERM to every process in the jail, to newcomers each 100 ms; answered
//   when none is left or after T (0: at once): "left":K. Not initiated: KILL. Several are answered each in its own
//   time.
// {"id":N,"request":"remove","timeout_ms":T?}    Linux: KILL to pid 1 and so to everything in the jail; answered when
// it
//   is gone (then jail record is gone too), or kind timeout after T (default 10000). Already gone or never made: ok.
// {"id":N,"request":"finish"}   answered, then: exit record and socket removed, commands under way are let go, log
//   closed, exit 0. Jail processes are not touched; the jail record stays while pid 1 lives.
// {"id":N,"request":"exit"}     the same, but the exit record stays.
//
// NOTES
//   {"note":"main_exited","exit":{LastExit}}   sent before the exit record is on disk
//   {"note":"exec_exited","id":M,...}          exec M ended: the fields of an answer to run
//   {"note":"lost","lost_lines":N,"log_error"?}   as in hello, when one of them is another; at most once a second
//   {"note":"empty"}                           the last process in the jail ended; again after each time one ran
//   {"note":"gone"}                            Linux: pid 1 ended; jail record removed. After main_exited and instead
//   of
//                                              empty
//
// A HOST'S WALK THROUGH A RUN (Linux)
//   start the program; connect; hello; run exec.prepare, exec.prestart; create; (cgroup limits, interfaces by jaild);
//   run exec.created; run exec.start with in_jail; main; run exec.poststart; ... run exec.prestop; run exec.stop with
//   in_jail; terminate; remove; run exec.poststop, exec.release; finish.
#pragma once

#include <chrono>
#include <cstddef>

namespace jaild::monitor {

constexpr int protocol_version = 1;
constexpr const char* unknown_request = "unknown request";  // of a monitor that is older than the request
constexpr std::size_t line_max = 2 * 1024 * 1024;           // a body is at most 1 MiB, and JSON escapes may double it

// Hooks of one jail run one after the other; health checks and exec come on top.
constexpr std::size_t commands_max = 64;

// Between TERM and KILL to a command that exceeded its time: what a shell needs to run its traps.
constexpr std::chrono::milliseconds kill_grace{2000};

// After KILL, at most: only a process stuck in the kernel takes that long. The answer to a run comes within its timeout
// and both of these.
constexpr std::chrono::milliseconds kill_patience{2000};

constexpr int exit_already_running = 3;

}  // namespace jaild::monitor
