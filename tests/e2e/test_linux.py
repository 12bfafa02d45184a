"""Real jails on the linux host: limits, confinement, hooks, time limits, many at once."""
import contextlib
import ctypes
import os
import pathlib
import re
import signal
import subprocess
import time
import unittest

from harness import Jaild, JaildTest, until


@contextlib.contextmanager
def traced(pid):
    """A process in the hands of a debugger, which SIGCONT does not free; SIGKILL ends it as ever."""
    ptrace = ctypes.CDLL(None, use_errno=True).ptrace
    ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    seize, interrupt, detach = 0x4206, 0x4207, 17
    if ptrace(seize, pid, None, None) != 0 or ptrace(interrupt, pid, None, None) != 0:
        raise OSError(ctypes.get_errno(), "ptrace")
    try:
        yield
    finally:
        ptrace(detach, pid, None, None)  # refused once it was killed
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG | 0x40000000)  # __WALL: a tracer is told of the end too


class Limits(JaildTest):
    host = "linux"

    def out(self, name):
        return pathlib.Path(self.root, "tmp", name).read_text()

    def test_the_very_first_fork_is_refused_R8_1(self):
        forks = "/bin/sh -c '/bin/true; /bin/true; echo forked >/tmp/first'"
        code, body = self.jaild.declare("one", self.spec(rctl=["nthr:deny=1"], params={"exec.start": [forks]},
                                                         restart={"policy": "never"}))
        self.assertEqual((code, body["status"]["state"]), (201, "failed"), body)
        self.assertIn("exec.start", body["status"]["reason"])
        self.assertFalse(pathlib.Path(self.root, "tmp", "first").exists())
        body = self.declare("five", self.spec(rctl=["nthr:deny=5"], params={"exec.start": [forks]}))
        self.assertEqual(body["status"]["state"], "running")
        self.assertEqual(self.out("first"), "forked\n")
        self.erase("one", "five")

    def test_what_linux_cannot_enforce_is_refused_by_name(self):
        for more, pointer in (({"params": {"securelevel": 2}}, "/spec/params/securelevel"),
                              ({"params": {"allow.mount": True}}, "/spec/params/allow.mount"),
                              ({"params": {"children.max": 5}}, "/spec/params/children.max"),
                              ({"params": {"host.hostname": "w" * 65}}, "/spec/params/host.hostname"),
                              ({"rctl": ["msgqsize:deny=5"]}, "/spec/rctl/0"),
                              ({"rctl": ["memoryuse:log=5m"]}, "/spec/rctl/0")):
            spec = self.spec(rctl=more.get("rctl", []), params=more.get("params", {}))
            code, body = self.jaild.declare("no", spec)
            self.assertEqual(code, 422, (more, body))
            self.assertIn(pointer, [each["pointer"] for each in body["errors"]])

    def test_a_plan_is_what_happens_then(self):
        spec = self.spec(params={"mount.devfs": True, "exec.start": ["/bin/true"], "host.hostname": "w" * 64})
        code, plan = self.jaild.call("POST", "/jails?dry_run=1", {"name": "planned", "spec": spec})
        self.assertEqual(code, 200, plan)
        steps = [(each["step"], each.get("command", "")) for change in plan["items"] if change["action"] == "start"
                 for each in change["steps"]]
        self.assertIn(("cgroup", "planned"), steps)
        body = self.declare("planned", spec)
        self.assertEqual([(each["step"], each.get("command", "")) for each in body["status"]["steps"]], steps)
        change = {"spec": {"params": {"allow.raw_sockets": True, "host.hostname": "v"}}}
        code, plan = self.jaild.call("PATCH", "/jails/planned?dry_run=1", change)
        self.assertEqual([(each["action"], each["fields"]) for each in plan["items"]],
                         [("live", ["host.hostname"]), ("pending", ["allow.raw_sockets"])], plan)
        code, body = self.jaild.call("PATCH", "/jails/planned", change)
        self.assertEqual((code, body["status"]["pending"]), (200, ["allow.raw_sockets"]), body)
        self.erase("planned")

    def test_a_jail_is_confined(self):
        script = pathlib.Path(self.root, "probe.sh")
        script.write_text("""
exec >/tmp/probe 2>/dev/null
(echo x >/proc/sys/kernel/core_pattern) && echo core_pattern
(echo 0 >/sys/fs/cgroup/pids/cgroup.procs) && echo cgroup
mkdir -p /tmp/cg && mount -t cgroup none /tmp/cg && echo mount cgroup
mount -t tmpfs none /tmp && echo mount
unshare -r true && echo userns
mknod /tmp/sda b 8 0 && echo mknod
hostname evil && echo hostname-set
chown 80:80 /tmp/mine-is-not-there; touch /tmp/mine && chown www /tmp/mine && echo chown works
su www -c 'echo su works as $(id -u)'
echo done
""")
        self.declare("confined", self.spec(params={"exec.start": ["/bin/sh /probe.sh"], "mount.procfs": True,
                                                   "mount.devfs": True}))
        self.assertEqual(self.out("probe").splitlines(), ["chown works", "su works as 80", "done"])
        self.erase("confined")

    def test_hooks_run_in_order_with_their_environment(self):
        log = self.jaild.dir / "hooks"
        hooks = {}
        for phase in ("prepare", "prestart", "created", "poststart", "prestop", "poststop", "release"):
            hooks[f"exec.{phase}"] = [f"echo {phase} $JNAME ${{JID:+jid}} >>{log}"]
        hooks["exec.start"] = ["echo start $JNAME$JID >/tmp/in-start"]
        hooks["exec.stop"] = ["echo stop >/tmp/in-stop"]
        self.declare("hooks", self.spec(params=hooks))
        code, _ = self.jaild.call("POST", "/jails/hooks/stop?wait=60")
        self.assertEqual(code, 200)
        self.assertEqual([line.split() for line in log.read_text().splitlines()],
                         [["prepare", "hooks"], ["prestart", "hooks"], ["created", "hooks", "jid"],
                          ["poststart", "hooks", "jid"], ["prestop", "hooks", "jid"], ["poststop", "hooks", "jid"],
                          ["release", "hooks", "jid"]])
        self.assertEqual(self.out("in-start"), "start\n", "no JNAME or JID inside")
        self.assertEqual(self.out("in-stop"), "stop\n")
        self.erase("hooks")

    def test_a_hanging_exec_stop_ends_in_time_and_holds_nobody_back_R2_4(self):
        stubborn = "/bin/sh -c 'trap : TERM; while :; do sleep 1000; done'"
        self.declare("slow", self.spec(params={"exec.stop": [stubborn], "exec.timeout": 6, "stop.timeout": 1}))
        began = time.monotonic()
        self.assertEqual(self.jaild.call("POST", "/jails/slow/stop")[0], 202)
        for i in range(20):
            self.assertEqual(self.jaild.declare(f"quick{i}", self.spec(), wait=0)[0], 201)
        until(30, lambda: all(self.jaild.status(f"quick{i}")["state"] == "running" for i in range(20)), "20 jails run")
        self.assertEqual(self.jaild.status("slow")["state"], "stopping")
        until(40, lambda: self.jaild.status("slow")["state"] == "stopped", "the stop ended")
        self.assertLess(time.monotonic() - began, 60)
        steps = {each["step"]: each for each in self.jaild.status("slow")["steps"]}
        self.assertFalse(steps["exec.stop"]["ok"])
        self.erase("slow", *(f"quick{i}" for i in range(20)))


class FullLogDisk(JaildTest):
    """What a log loses shows where somebody looks, and not in the log alone."""
    host = "linux"

    def lost(self):
        _, _, text = self.jaild.raw("GET", "/metrics")
        return int(re.search(rb'^jaild_jail_log_lines_lost_total{jail="loud"} (\d+)', text, re.MULTILINE).group(1))

    def test_it_shows_in_status_doctor_and_metrics(self):
        logs = self.jaild.dir / "log" / "jails"
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k,mode=750", "tmpfs", str(logs)], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", str(logs)], check=True)
        loud = ("/bin/sh -c 'i=0; while [ $i -lt 3000 ]; do echo a line of a log that is far too long; i=$((i+1)); done; "
                "while :; do echo on and on; sleep 1; done'")
        self.declare("loud", self.spec(loud))
        until(30, lambda: self.jaild.status("loud").get("log_error") == "No space left on device", "the status says why")
        until(30, lambda: self.lost() > 1000, "the metric counts")
        self.assertGreater(self.jaild.status("loud")["log_lines_lost"], 1000)
        self.assertRegex(self.jaild.jailctl("status", "loud").stdout,
                         r"(?m)^  log         cannot be written: No space left on device; \d+ lines lost since it started$")
        doctor = self.jaild.jailctl("doctor")
        self.assertEqual(doctor.returncode, 1, doctor.stdout)
        self.assertIn("BAD   logs: the log of loud cannot be written: No space left on device; ", doctor.stdout)

        self.jaild.kill()
        self.jaild.start()
        until(30, lambda: self.jaild.status("loud").get("log_lines_lost", 0) > 1000, "it is known after the adoption")
        self.assertEqual(self.jaild.status("loud")["log_error"], "No space left on device")
        self.assertGreater(self.lost(), 1000)

        subprocess.run(["mount", "-o", "remount,size=8m", str(logs)], check=True)
        until(30, lambda: "log_error" not in self.jaild.status("loud"), "there is room again")
        lost = self.jaild.status("loud")["log_lines_lost"]
        doctor = self.jaild.jailctl("doctor").stdout
        self.assertIn(f"note  logs: the log of loud is not complete: {lost} lines lost", doctor)
        self.assertIn("lines lost\n", self.jaild.jailctl("logs", "loud").stdout, "at its place")
        self.assertEqual(self.jaild.call("POST", "/jails/loud/stop?wait=60")[0], 200)
        self.assertEqual(self.jaild.status("loud")["log_lines_lost"], lost, "of the last run")
        self.erase("loud")


class Environment(JaildTest):
    host = "linux"
    arguments = ("--pass-env", "PASSED")
    common = {"PATH", "HOME", "SHELL", "TERM", "USER"}
    by_shell = {"PWD", "OLDPWD", "SHLVL", "_"}

    @classmethod
    def setUpClass(cls):
        import os
        os.environ.update({"SECRET_OF_JAILD": "x", "PASSED": "y", "LANG": "C.UTF-8"})
        super().setUpClass()

    def names(self, path):
        text = pathlib.Path(path).read_text()
        return {line.split("=")[0] for line in text.splitlines()} - self.by_shell, text

    def test_nothing_of_jailds_own_environment_goes_to_hooks_and_jails(self):
        for clean in (False, True):
            hook = self.jaild.dir / "hook-env"
            self.declare("env", self.spec("sh -c 'env >/tmp/main-env; exec sleep 1000'", params={
                "exec.clean": clean, "exec.prestart": [f"env >{hook}"], "exec.start": ["env >/tmp/start-env"]}))
            main = pathlib.Path(self.root, "tmp", "main-env")
            until(10, lambda: main.exists() and main.read_text().count("\n") >= 3, "the command runs")
            passed = set() if clean else {"PASSED"}
            for path, more in ((hook, {"JNAME", "JPATH"}), (main, set()), (f"{self.root}/tmp/start-env", set())):
                names, text = self.names(path)
                self.assertLessEqual(names, self.common | passed | more, (path, clean, text))
                self.assertLessEqual({"PATH", "HOME", "SHELL", "USER"} | passed | more, names, (path, clean, text))
            for pid in self.jaild.pids():
                if pid != self.jaild.process.pid:
                    self.assertEqual(pathlib.Path(f"/proc/{pid}/environ").read_bytes(), b"", "the monitor's own")
            main.unlink()
            self.erase("env")


class Scripts(JaildTest):
    host = "linux"

    def test_a_script_without_an_interpreter_line_runs_everywhere_as_with_jail_8(self):
        def script(path, text):
            path.write_text(text)
            path.chmod(0o755)
            return path

        told = self.jaild.dir / "told"
        pre = script(self.jaild.dir / "pre.sh", f"echo $1 $JNAME >{told}\n")
        for name, text in (("start", "echo started >/tmp/script-start"), ("main", "echo main >/tmp/script-main; exec sleep 1000"),
                           ("healthy", "echo checked >/tmp/script-health"), ("hand", "echo by hand $1; exit 5")):
            script(pathlib.Path(self.root, "bin", name + ".sh"), text + "\n")
        self.declare("script", self.spec("main.sh", params={"exec.prestart": [f"{pre} before"], "exec.start": ["/bin/start.sh"]},
                                         health={"exec": "/bin/healthy.sh", "interval_seconds": 1}))
        self.assertEqual(told.read_text(), "before script\n")
        until(20, lambda: self.jaild.status("script")["ready"], "the check succeeds")
        for name, text in (("start", "started\n"), ("main", "main\n"), ("health", "checked\n")):
            self.assertEqual(pathlib.Path(self.root, "tmp", f"script-{name}").read_text(), text)
        by_hand = self.jaild.jailctl("exec", "script", "--", "/bin/hand.sh", "word")
        self.assertEqual((by_hand.returncode, by_hand.stdout), (5, "by hand word\n"), by_hand.stderr)
        self.erase("script")


class Adoption(JaildTest):
    host = "linux"

    def test_kill_9_of_jaild_changes_no_jid_and_no_pid_P4(self):
        self.declare("web", self.spec())
        before = (self.jaild.status("web")["jid"], self.jaild.call("GET", "/jails/web/processes")[1]["items"])
        for _ in range(3):
            self.jaild.kill()
            self.jaild.start()
            after = (self.jaild.status("web")["jid"], self.jaild.call("GET", "/jails/web/processes")[1]["items"])
            self.assertEqual(after[0], before[0])
            self.assertEqual([p["pid"] for p in after[1]], [p["pid"] for p in before[1]])
        self.erase("web")

    def test_an_exit_while_jaild_was_away_is_found(self):
        self.declare("gone", self.spec(restart={"policy": "never"}))
        pid = self.jaild.call("GET", "/jails/gone/processes")[1]["items"][0]["pid"]
        self.jaild.kill()
        import os
        os.kill(pid, 9)
        self.jaild.start()
        until(20, lambda: self.jaild.status("gone")["state"] == "failed", "the exit is acted on")
        self.assertEqual(self.jaild.status("gone")["last_exit"]["signal"], "SIGKILL")
        self.erase("gone")

    def test_a_killed_monitor_means_a_stop_with_hooks_and_a_new_start(self):
        log = self.jaild.dir / "poststop"
        stopped = pathlib.Path(self.root, "tmp", "lost-stop")
        self.declare("lost", self.spec(params={"exec.stop": ["echo inside >>/tmp/lost-stop"],
                                               "exec.poststop": [f"echo x >>{log}"]}))
        old = self.jaild.status("lost")["jid"]
        import os
        for pid in self.jaild.pids():
            # Not the jail's pid 1, which is the jail.
            if pid not in (self.jaild.process.pid, old) and "--name lost " in pathlib.Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " "):
                os.kill(pid, 9)
        until(30, lambda: (s := self.jaild.status("lost"))["state"] == "running" and s["jid"] != old, "a new run")
        self.assertEqual(log.read_text(), "x\n")
        self.assertEqual(stopped.read_text(), "inside\n", "a new monitor ran exec.stop in the jail")
        self.erase("lost")


class StoppedMonitor(JaildTest):
    """The host's administrator stops a monitor (SIGSTOP, a debugger): nothing waits long for it and nothing stays of it."""
    host = "linux"

    def monitor_of(self, name):
        jid = self.jaild.status(name)["jid"]
        for pid in self.jaild.pids():
            words = pathlib.Path(f"/proc/{pid}/cmdline").read_text().split("\0")
            if pid not in (self.jaild.process.pid, jid) and ["--name", name] == words[1:3]:
                return pid
        raise AssertionError(f"{name} has no monitor")

    def nothing_is_left(self, name, monitor):
        self.assertIsNone(self.jaild.status(name))
        left = [each.name for each in (self.jaild.dir / "run").glob("monitors/*.sock")]
        left += [each.name for each in (self.jaild.dir / "run").glob("jails/*.json")]
        left += [each.name for each in (self.jaild.dir / "state" / "exits").glob("*")]
        self.assertEqual(left, [])
        until(5, lambda: not pathlib.Path(f"/proc/{monitor}").exists(), "the stopped monitor is ended")

    def timed(self, seconds, deed):
        began = time.monotonic()
        result = deed()
        self.assertLess(time.monotonic() - began, seconds)
        return result

    def test_stop_restart_and_delete_do_not_wait_for_it(self):
        for wish, state in (("stop", "stopped"), ("restart", "running"), ("delete", None)):
            with self.subTest(wish=wish):
                self.declare("held", self.spec(params={"exec.stop": ["true"]}))
                monitor, jid = self.monitor_of("held"), self.jaild.status("held")["jid"]
                os.kill(monitor, signal.SIGSTOP)
                if wish == "delete":
                    self.timed(15, lambda: self.erase("held"))
                else:
                    code, body = self.timed(15, lambda: self.jaild.call("POST", f"/jails/held/{wish}?wait=60"))
                    self.assertEqual((code, body["status"]["state"]), (200, state), body)
                    self.assertNotEqual(body["status"].get("jid"), jid)
                    self.erase("held")
                self.nothing_is_left("held", monitor)

    def test_the_next_jaild_tells_stopped_ones_to_go_on(self):
        names = ("one", "two", "three")
        for name in names:
            self.declare(name, self.spec())
        before = [(self.jaild.status(name)["jid"], self.monitor_of(name)) for name in names]
        for _, monitor in before:
            os.kill(monitor, signal.SIGSTOP)
        self.jaild.terminate()
        self.timed(8, self.jaild.start)
        self.assertEqual([(self.jaild.status(name)["jid"], self.monitor_of(name)) for name in names], before)
        self.assertEqual({self.jaild.status(name)["state"] for name in names}, {"running"})
        self.assertEqual(self.jaild.jailctl("exec", "two", "--", "echo", "on").stdout, "on\n")
        self.erase(*names)
        for _, monitor in before:
            self.nothing_is_left("one", monitor)

    def test_one_that_cannot_go_on_is_waited_for_beside_and_then_replaced(self):
        self.declare("held", self.spec())
        self.declare("other", self.spec())
        old, monitor = self.status_of("held"), self.monitor_of("held")
        with traced(monitor):
            self.jaild.terminate()
            self.timed(8, self.jaild.start)
            self.assertEqual(self.status_of("held"), old)
            self.assertEqual(self.jaild.jailctl("exec", "other", "--", "echo", "beside").stdout, "beside\n")
            until(60, lambda: self.status_of("held") not in (old, ("running", None)) and self.status_of("held")[0] == "running",
                  "a new run")
        self.erase("held", "other")
        self.nothing_is_left("held", monitor)

    def status_of(self, name):
        status = self.jaild.status(name)
        return status["state"], status.get("jid")


class Removal(JaildTest):
    host = "linux"

    def test_rm_of_several_that_run_stops_dependants_first_in_any_order(self):
        stopped = pathlib.Path(self.root, "tmp", "stopped")

        def noted(name, **params):
            return self.spec(params={"exec.poststop": [f"echo {name} >> {stopped}"], **params})

        self.declare("db", noted("db"))
        self.declare("web", noted("web", depend=["db"]))
        removed = self.jaild.jailctl("rm", "-y", "db", "web")
        self.assertEqual(removed.returncode, 0, removed.stderr)
        self.assertEqual(stopped.read_text(), "web\ndb\n")
        self.assertEqual(self.jaild.call("GET", "/jails")[1]["items"], [])


class Health(JaildTest):
    host = "linux"

    def test_readiness_gates_dependants_and_failures_restart(self):
        healthy = pathlib.Path(self.root, "tmp", "healthy")
        check = {"exec": "/bin/test -e /tmp/healthy", "interval_seconds": 1, "timeout_seconds": 5, "failures": 2}
        self.assertEqual(self.jaild.declare("db", self.spec(health={**check, "start_period_seconds": 3600}), wait=0)[0], 201)
        self.assertEqual(self.jaild.declare("web", self.spec(params={"depend": ["db"]}), wait=0)[0], 201)
        until(20, lambda: self.jaild.status("db")["state"] == "running", "db runs")
        self.assertFalse(self.jaild.status("db")["ready"])
        self.assertEqual(self.jaild.status("web")["state"], "blocked")
        self.assertIn("waits for db", self.jaild.status("web")["reason"])
        healthy.touch()
        until(20, lambda: self.jaild.status("web")["state"] == "running", "web runs once db is ready")
        jid = self.jaild.status("db")["jid"]
        self.assertEqual(self.jaild.call("PATCH", "/jails/db", {"spec": {"health": {"start_period_seconds": None}}})[0], 200)
        self.assertEqual(self.jaild.status("db")["jid"], jid, "a new check needs no restart")
        healthy.unlink()
        until(30, lambda: self.jaild.status("db")["restarts"] == 1, "db is restarted")
        self.assertEqual(self.jaild.status("web")["state"], "running", "a running dependant is left alone")
        healthy.touch()
        until(20, lambda: self.jaild.status("db")["ready"], "db is ready again")
        self.erase("web", "db")

    def test_tcp_and_http_checks(self):
        import http.server
        import threading
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
        server.RequestHandlerClass.log_message = lambda *_: None
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.server_address[1]
        for name, check in (("tcp", {"tcp": f"127.0.0.1:{port}"}), ("http", {"http": f"http://127.0.0.1:{port}/"}),
                            ("no", {"http": f"http://127.0.0.1:{port}/nothing-here"})):
            self.jaild.declare(name, self.spec(health={**check, "interval_seconds": 1, "failures": 100}), wait=0)
        until(20, lambda: self.jaild.status("tcp")["ready"] and self.jaild.status("http")["ready"], "both are ready")
        until(20, lambda: self.jaild.status("no")["state"] == "running", "it runs")
        self.assertFalse(self.jaild.status("no")["ready"])
        server.shutdown()
        self.erase("tcp", "http", "no")


class Many(JaildTest):
    host = "linux"

    def test_200_jails_up_and_down(self):
        names = [f"j{i}" for i in range(200)]
        began = time.monotonic()
        for name in names:
            self.assertEqual(self.jaild.declare(name, self.spec(), wait=0)[0], 201)
        until(180, lambda: sum(j["status"]["state"] == "running" for j in self.jaild.call("GET", "/jails")[1]["items"]) == 200,
              "all run")
        up = time.monotonic() - began
        for name in names:
            self.jaild.call("DELETE", f"/jails/{name}")
        until(180, lambda: not self.jaild.call("GET", "/jails")[1]["items"], "all are gone")
        print(f"200 jails: up in {up:.1f} s, down in {time.monotonic() - began - up:.1f} s")


class CrashAtEachStep(unittest.TestCase):
    """kill -9 at each operation of a start and of a stop in turn: the wish is reached, nothing is left."""

    def run_one(self, environment, desired):
        from harness import linux_root, make_root, world
        if not linux_root():
            self.skipTest("needs Linux, root and busybox")
        before = world()
        jaild = Jaild(None, "jaild-faulty", environment=environment)
        try:
            root = make_root(jaild.dir / "root")
            spec = {"params": {"path": root, "mount.devfs": True, "exec.prepare": ["true"], "exec.poststop": ["true"],
                               "exec.start": ["/bin/true"]}, "command": "sleep 100000", "rctl": ["nthr:deny=20"]}
            try:
                jaild.declare("web", spec, wait=20)
                if desired == "stopped":
                    jaild.call("POST", "/jails/web/stop?wait=20")
            except OSError:
                jaild.process.wait(20)  # it dies, as it should: its sockets go a moment before it
            died = jaild.process.poll() is not None
            if not died:
                jaild.kill()
            jaild.start(program="jaild")
            if jaild.status("web") is None:
                jaild.declare("web", spec)
            if desired == "stopped":
                jaild.call("POST", "/jails/web/stop?wait=30")
            until(30, lambda: jaild.status("web")["state"] == desired, f"{desired}: {jaild.status('web')}")
            if desired == "running":
                self.assertEqual(len(jaild.call("GET", "/jails/web/processes")[1]["items"]), 1)
            return died
        finally:
            jaild.close()
            self.assertEqual(world() - before, set())
            self.assertEqual(jaild.pids(f"{jaild.dir}/run"), [])

    def each_step(self, variable, desired, extra=None):
        step = 0
        while True:
            step += 1
            with self.subTest(step=step):
                if not self.run_one({variable: str(step), **(extra or {})}, desired):
                    break
            self.assertLess(step, 60)
        self.assertGreater(step, 8, "a start has more operations than that")

    def test_jaild_dies_before_each_operation(self):
        self.each_step("JAILD_DIE_BEFORE", "stopped")

    def test_jaild_dies_after_each_operation(self):
        self.each_step("JAILD_DIE_AFTER", "running")

    def test_the_monitor_dies_before_each_operation(self):
        for step in range(1, 22):
            with self.subTest(step=step):
                self.run_one({"JAILD_KILL_MONITORS_BEFORE": str(step),
                              "JAILD_KILL_MONITORS_COMMAND": "pkill -9 -f -- 'jaild-monitor --name web --run [0-9]* --run-dir "
                                                             "/tmp/jaild-e2e'; true"}, "running")


if __name__ == "__main__":
    unittest.main()
