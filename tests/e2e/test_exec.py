"""Commands in running jails, and logs: jailctl in a real terminal, back-pressure, what a lost connection leaves."""
import fcntl
import json
import os
import pathlib
import pty
import select
import signal
import struct
import subprocess
import termios
import time
import unittest

from harness import BIN, JaildTest, free_port, until


class Pty:
    """jailctl with a terminal of its own."""

    def __init__(self, jaild, *arguments, columns=90, rows=33):
        self.master, self.slave = pty.openpty()
        self.resize(columns, rows)
        self.before = termios.tcgetattr(self.slave)
        self.seen = b""
        self.process = subprocess.Popen([str(BIN / "jailctl"), "--socket", jaild.socket, *arguments], stdin=self.slave,
                                        stdout=self.slave, stderr=self.slave, start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))

    def resize(self, columns, rows):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, text):
        os.write(self.master, text)

    def wait_for(self, text, seconds=20):
        deadline = time.monotonic() + seconds
        while text not in self.seen:
            if time.monotonic() > deadline:
                raise AssertionError(f"no {text!r} in {self.seen!r}")
            if select.select([self.master], [], [], 0.1)[0]:
                self.seen += os.read(self.master, 4096)
        self.seen = self.seen[self.seen.index(text) + len(text):]

    def raw(self):
        return not termios.tcgetattr(self.slave)[3] & termios.ECHO

    def end(self, seconds=20):
        """The exit code, with the terminal as it was before."""
        code = self.process.wait(seconds)
        assert termios.tcgetattr(self.slave) == self.before, "the terminal's mode was not restored"
        os.close(self.master)
        os.close(self.slave)
        return code


class Exec(JaildTest):
    host = "linux"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        params = {"path": cls.root, "mount.devfs": True, "mount.procfs": True}
        code, body = cls.jaild.declare("web", {"params": params, "command": "sleep 1000000"})
        assert code == 201 and body["status"]["state"] == "running", body

    def sh(self, line, **more):
        code, body = self.jaild.call("POST", "/jails/web/exec", {"command": ["sh", "-c", line], **more})
        self.assertEqual(code, 200, body)
        return body

    def running(self, text, jail="web"):
        items = self.jaild.call("GET", f"/jails/{jail}/processes")[1]["items"]
        return [each["pid"] for each in items if text in each["command"]]

    def memory(self):
        return int(pathlib.Path(f"/proc/{self.jaild.process.pid}/statm").read_text().split()[1]) * 4096

    def test_once(self):
        self.assertEqual(self.sh("echo out; echo err >&2; exit 3"),
                         {"code": 3, "stdout": "out\n", "stderr": "err\n", "truncated": False})
        self.assertEqual(self.sh("cat", stdin="in")["stdout"], "in")
        self.assertEqual(self.sh("kill -9 $$")["signal"], "SIGKILL")
        self.assertEqual(self.sh("id -u; pwd; echo $A", user="www", cwd="/tmp", env={"A": "b"})["stdout"], "80\n/tmp\nb\n")
        code, body = self.jaild.call("POST", "/jails/web/exec", {"command": ["nosuch"]})
        self.assertEqual((code, body["code"]), (200, 127), body)
        self.assertIn("nosuch", body["error"])
        for more, word in (({"user": "nobody-here"}, "nobody-here"), ({"cwd": "/nowhere"}, "/nowhere")):
            code, body = self.jaild.call("POST", "/jails/web/exec", {"command": ["true"], **more})
            self.assertEqual((code, body["code"]), (200, 126), body)
            self.assertIn(word, body["error"])
        code, body = self.jaild.call("POST", "/jails/web/exec", {"command": ["true"], "login_class": "daemon"})
        self.assertEqual((code, body["errors"][0]["pointer"]), (422, "/login_class"), body)

    def test_a_timeout_ends_it_with_its_children(self):
        body = self.sh("sleep 77001 & sleep 77001", timeout_seconds=1)
        self.assertTrue(body["timed_out"])
        self.assertEqual(self.running("77001"), [])

    def test_output_is_bounded(self):
        body = self.sh("yes | head -c 3000000; echo done >&2")
        self.assertEqual((len(body["stdout"]), body["stderr"], body["truncated"]), (512 * 1024, "done\n", True))

    def test_a_command_that_is_too_long_is_refused(self):
        for size, expected in ((70_000, 422), (1_200_000, 413)):
            code, body = self.jaild.call("POST", "/jails/web/exec", {"command": ["true", "x" * size]})
            self.assertEqual(code, expected, body)

    def test_each_command_is_in_the_audit_trail_without_its_secrets(self):
        self.sh("true the-audited-one", env={"PASSWORD": "hunter2"}, stdin="hunter2", user="www")
        answer = self.jaild.raw("GET", "/events?jail=web&type=jail.exec", headers={"Accept": "application/json"})
        events = json.loads(answer[2])["items"]
        event = [each for each in events if "audited-one" in each["data"]["command"]][-1]
        self.assertEqual((event["data"]["by"], event["data"]["user"]), ("uid 0", "www"))
        self.assertEqual(event["data"]["from"], f"unix pid {os.getpid()}")
        self.assertEqual(event["data"]["command"], "sh -c 'true the-audited-one'")
        log = (self.jaild.dir / "log" / "jaild.log").read_text()
        self.assertRegex(log, 'event=jail.exec jail=web action=exec by="uid 0" .*the-audited-one')
        self.assertNotIn("hunter2", log + json.dumps(events))

    def test_one_jail_takes_so_many_and_others_go_on(self):
        self.declare("crowd", self.spec())
        held = [self.jailctl("exec", "crowd", "--", "sleep", "77009", stderr=subprocess.DEVNULL) for _ in range(16)]
        until(20, lambda: len(self.running("sleep 77009", "crowd")) == 16, "all of them run")
        code, headers, _ = self.jaild.raw("POST", "/jails/crowd/exec", json.dumps({"command": ["true"]}),
                                          {"Content-Type": "application/json"})
        self.assertEqual(code, 503)
        self.assertIn("retry-after", headers)
        self.assertEqual(self.sh("echo here")["stdout"], "here\n")
        for each in held:
            each.kill()
            each.wait()
        until(20, lambda: not self.running("77009", "crowd"), "each was hung up")
        self.erase("crowd")

    def test_a_jail_that_stops_ends_what_runs_in_it(self):
        self.declare("going", self.spec())
        process = self.jailctl("exec", "going", "--", "sh", "-c", "trap '' TERM HUP; sleep 77010; sleep 77010",
                               stderr=subprocess.DEVNULL)
        until(10, lambda: self.running("77010", "going"), "it runs")
        code, body = self.jaild.call("POST", "/jails/going/stop?wait=60")
        self.assertEqual((code, body["status"]["state"]), (200, "stopped"), body)
        self.assertIn(process.wait(20), (125, 137))
        self.erase("going")

    def test_a_monitor_that_dies_takes_its_commands_along(self):
        self.declare("orphan", self.spec())
        process = self.jailctl("exec", "orphan", "--", "sh", "-c", "trap '' HUP; sleep 77011", stderr=subprocess.DEVNULL)
        until(10, lambda: self.running("77011", "orphan"), "it runs")
        # The jail's first process is a fork of it, and hence has its command line.
        os.kill(min(self.jaild.pids(f"jaild-monitor --name orphan .*{self.jaild.dir}/run")), signal.SIGKILL)
        self.assertEqual(process.wait(30), 125)
        again = lambda status: status["restarts"] == 1 and status["state"] == "running"
        until(60, lambda: again(self.jaild.status("orphan")), "it is started again")
        self.assertEqual(self.running("77011", "orphan"), [])
        self.erase("orphan")

    def test_a_flooding_one_shot_keeps_nobody_from_the_daemon(self):
        process = subprocess.Popen(
            ["curl", "-s", "--unix-socket", self.jaild.socket, "-H", "Content-Type: application/json", "-d",
             json.dumps({"command": ["yes", "77012"], "timeout_seconds": 3}), "http://x/jails/web/exec"],
            stdout=subprocess.PIPE)
        until(10, lambda: self.running("yes 77012"), "it runs")
        before = self.memory()
        for _ in range(20):
            self.assertEqual(self.jaild.call("GET", "/jails/web")[0], 200)
        self.assertLess(self.memory() - before, 16_000_000)
        body = json.loads(process.communicate(timeout=60)[0])
        self.assertEqual((body["timed_out"], body["truncated"], len(body["stdout"])), (True, True, 512 * 1024))

    def test_a_jail_that_does_not_run(self):
        self.declare("off", self.spec(), desired="stopped", wait=0)
        code, body = self.jaild.call("POST", "/jails/off/exec", {"command": ["true"]})
        self.assertEqual((code, body["type"]), (409, "urn:jaild:problem:not-running"))
        self.assertEqual(self.jaild.jailctl("exec", "off", "--", "true").returncode, 125)
        self.assertEqual(self.jaild.jailctl("exec", "nobody", "--", "true").returncode, 125)
        self.erase("off")

    def test_exit_codes_are_those_of_docker(self):
        for line, code in (("exit 0", 0), ("exit 42", 42), ("kill -9 $$", 137), ("kill $$", 143)):
            self.assertEqual(self.jaild.jailctl("exec", "web", "--", "sh", "-c", line).returncode, code, line)
        self.assertEqual(self.jaild.jailctl("exec", "web", "--", "nosuch").returncode, 127)
        self.assertEqual(self.jaild.jailctl("exec", "web", "--", "/etc/passwd").returncode, 126)
        self.assertEqual(self.jaild.jailctl("exec", "--timeout", "1", "web", "--", "sleep", "77002").returncode, 124)
        said = self.jaild.jailctl("exec", "-o", "json", "web", "--", "echo", "hi")
        self.assertEqual(json.loads(said.stdout)["stdout"], "hi\n")

    def jailctl(self, *arguments, **more):
        return subprocess.Popen([str(BIN / "jailctl"), "--socket", self.jaild.socket, *arguments], **more)

    def test_pipes_carry_every_byte(self):
        data = os.urandom(3_000_000)
        process = self.jailctl("exec", "-i", "web", "--", "cat", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        out, _ = process.communicate(data, timeout=60)
        self.assertEqual((process.returncode, out == data), (0, True))

    def test_a_flood_is_slowed_and_not_buffered(self):
        written = lambda pid: int(pathlib.Path(f"/proc/{pid}/io").read_text().split("wchar: ")[1].split()[0])
        before = self.memory()
        process = self.jailctl("exec", "web", "--", "yes", "77003", stdout=subprocess.PIPE)
        pid = until(10, lambda: self.running("yes 77003"), "it runs")[0]
        process.stdout.read(1000)

        def stands_still():
            count = written(pid)
            time.sleep(0.5)
            return written(pid) == count
        until(20, stands_still, "nobody reads, so it does not write")
        self.assertLess(written(pid), 16_000_000)
        self.assertLess(self.memory() - before, 16_000_000)
        process.kill()
        process.wait()
        process.stdout.close()
        until(10, lambda: not self.running("77003"), "a lost connection hangs up")

    def test_input_that_nobody_reads_is_not_buffered(self):
        before = self.memory()
        with open("/dev/zero", "rb") as zero:
            process = self.jailctl("exec", "-i", "web", "--", "sleep", "77004", stdin=zero)
        until(10, lambda: self.running("77004"), "it runs")
        time.sleep(1)
        self.assertLess(self.memory() - before, 16_000_000)
        process.kill()
        process.wait()
        until(40, lambda: not self.running("77004"), "a lost connection hangs up")

    def test_a_terminal(self):
        terminal = Pty(self.jaild, "exec", "-it", "-u", "www", "-e", "A=b", "web", "--", "sh")
        terminal.type(b"stty size; id -u; echo $A$TERM\n")
        terminal.wait_for(b"33 90\r\n80\r\nb" + os.environ.get("TERM", "xterm").encode())
        self.assertTrue(terminal.raw())
        terminal.resize(120, 40)
        terminal.type(b"\n")
        until(10, lambda: self.resized(terminal), "the size is passed on")
        terminal.type(b"sleep 77005\n")
        until(10, lambda: self.running("sleep 77005"), "it runs")
        terminal.type(b"\x03")
        until(10, lambda: not self.running("sleep 77005"), "Ctrl-C reached it, and not jailctl")
        terminal.type(b"exit 9\n")
        self.assertEqual(terminal.end(), 9)

    def resized(self, terminal):
        terminal.type(b"stty size\n")
        try:
            terminal.wait_for(b"40 120", 0.5)
            return True
        except AssertionError:
            return False

    def test_the_terminal_is_restored_on_every_way_out(self):
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGABRT, signal.SIGSEGV):
            with self.subTest(signal=number):
                terminal = Pty(self.jaild, "exec", "-it", "web", "--", "sh", "-c", "echo ready; sleep 77006")
                terminal.wait_for(b"ready")
                self.assertTrue(terminal.raw())
                terminal.process.send_signal(number)
                self.assertEqual(terminal.end(), -number)
        until(20, lambda: not self.running("77006"), "each was hung up")

    def test_a_jaild_that_dies_restores_the_terminal_too(self):
        terminal = Pty(self.jaild, "exec", "-it", "web", "--", "sh", "-c", "echo ready; sleep 77007")
        terminal.wait_for(b"ready")
        self.jaild.kill()
        self.assertEqual(terminal.end(), 125)
        self.jaild.start()
        until(20, lambda: not self.running("77007"), "it was hung up")
        self.assertEqual(self.jaild.status("web")["state"], "running")

    def test_console_is_a_login_shell(self):
        terminal = Pty(self.jaild, "console", "-u", "www", "web")
        terminal.type(b"pwd; echo arg $0\n")
        terminal.wait_for(b"/home\r\n")
        terminal.wait_for(b"arg -sh")
        terminal.type(b"\x04")
        self.assertEqual(terminal.end(), 0)

    def test_detaching_leaves_the_command_running(self):
        terminal = Pty(self.jaild, "exec", "-it", "web", "--", "sh", "-c", "echo ready; sleep 77008")
        terminal.wait_for(b"ready")
        terminal.type(b"\x10\x11")
        self.assertEqual(terminal.end(), 0)
        pids = self.running("77008")
        self.assertTrue(pids)
        for pid in pids:
            os.kill(pid, signal.SIGKILL)

    def test_t_needs_a_terminal(self):
        self.assertEqual(self.jaild.jailctl("exec", "-t", "web", "--", "true").returncode, 125)

    def test_a_command_by_hand_obeys_the_limits_of_the_jail(self):
        self.declare("small", self.spec(rctl=["nthr:deny=3"]))
        code, body = self.jaild.call("POST", "/jails/small/exec",
                                     {"command": ["sh", "-c", "sleep 1 & sleep 1 & sleep 1 & sleep 1 & wait"]})
        self.assertEqual(code, 200)
        self.assertIn("fork", body["stderr"])
        self.erase("small")


class Tokens(JaildTest):
    """Over TCP: a shell is as good as its token."""
    host = "linux"
    port = free_port()
    tcp = (f"127.0.0.1:{port}",)

    def test_a_shell_ends_with_its_token(self):
        self.declare("web", self.spec())
        token_file = self.jaild.dir / "token"
        made = json.loads(self.jaild.jailctl("token", "create", "shell", "--role", "admin", "-o", "json").stdout)
        token_file.write_text(made["secret"])
        token_file.chmod(0o600)
        process = subprocess.Popen([str(BIN / "jailctl"), "--url", f"http://127.0.0.1:{self.port}", "exec", "-i", "web",
                                    "--", "sh", "-c", "echo ready; exec sleep 77013"], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                   env={**os.environ, "JAILD_TOKEN_FILE": str(token_file)})
        self.assertEqual(process.stdout.readline(), b"ready\n")
        self.assertEqual(self.jaild.jailctl("token", "rm", made["id"]).returncode, 0)
        self.assertEqual(process.wait(20), 125)
        process.stdin.close()
        process.stdout.close()
        running = lambda: [each for each in self.jaild.call("GET", "/jails/web/processes")[1]["items"]
                           if "77013" in each["command"]]
        until(20, lambda: not running(), "nothing of it stays")
        self.erase("web")


class Simulated(JaildTest):
    """The same on the model: echo, cat and yes print what they do everywhere."""

    def test_a_refusal_is_said_at_once(self):
        self.declare("off", self.spec(), desired="stopped", wait=0)
        for arguments, word in ((("nobody", "--", "true"), "no jail is called nobody"),
                                (("off", "--", "true"), "jailctl up off"), (("-i", "off", "--", "cat"), "jailctl up off")):
            said = self.jaild.jailctl("exec", *arguments, timeout=20)
            self.assertEqual(said.returncode, 125, said)
            self.assertIn(word, said.stderr)
        self.erase("off")

    def test_a_command_that_is_left_running(self):
        self.declare("web", self.spec())
        said = self.jaild.jailctl("exec", "-d", "web", "--", "sleep", "77020", timeout=20)
        self.assertEqual((said.returncode, said.stdout, said.stderr), (0, "", ""))
        running = lambda: [each for each in self.jaild.call("GET", "/jails/web/processes")[1]["items"]
                           if "77020" in each["command"]]
        self.assertTrue(running())
        self.erase("web")

    def test_bytes_that_are_not_utf8_are_refused(self):
        self.declare("web", self.spec())
        for arguments in (["web", "--", "echo", b"/tmp/g\xe9"], ["-e", b"X=\xe9", "web", "--", "echo"],
                          ["-w", b"/\xe9", "web", "--", "echo"], ["-u", b"\xe9", "web", "--", "echo"]):
            said = self.jaild.jailctl("exec", *arguments, timeout=20)
            self.assertEqual((said.returncode, said.stdout), (125, ""), said)
            self.assertIn("is not UTF-8: byte ", said.stderr)
        self.erase("web")

    def test_commands_in_a_simulated_jail(self):
        self.declare("web", self.spec())
        code, body = self.jaild.call("POST", "/jails/web/exec", {"command": ["cat"], "stdin": "hello"})
        self.assertEqual((code, body["code"], body["stdout"]), (200, 0, "hello"), body)
        self.assertEqual(self.jaild.jailctl("exec", "web", "--", "echo", "hello").stdout, "hello\n")
        self.assertEqual(self.jaild.jailctl("exec", "--timeout", "1", "web", "--", "sleep", "600").returncode, 124)
        self.erase("web")


class Logs(JaildTest):
    host = "linux"

    def test_each_start_is_kept_with_step_and_stream(self):
        self.declare("talk", self.spec("/bin/sh -c 'echo main; sleep 1000000'",
                                       params={"exec.start": ["echo start; echo wrong >&2"]}))
        self.jaild.call("POST", "/jails/talk/restart?wait=60")
        lines = lambda query: [json.loads(line) for line in self.jaild.raw(
            "GET", "/jails/talk/log" + query, headers={"Accept": "application/x-ndjson"})[2].splitlines() if line]
        until(10, lambda: [each for each in lines("?start=0") if each["text"] == "main"], "the last start")
        texts = lambda query: {(e["phase"], e["stream"], e["text"]) for e in lines(query) if e["phase"] != "jaild"}
        expected = {("exec.start", "out", "start"), ("exec.start", "err", "wrong"), ("command", "out", "main")}
        self.assertEqual(texts("?start=0"), expected)
        self.assertEqual(texts("?start=-1"), expected)
        self.assertEqual(len({each["start"] for each in lines("")}), 2)
        self.assertEqual(len(lines("?tail=2")), 2)
        code, _, text = self.jaild.raw("GET", "/jails/talk/log")
        self.assertEqual(code, 200)
        self.assertIn(b" command out main\n", text)
        self.erase("talk")
        until(10, lambda: not list((self.jaild.dir / "log" / "jails").glob("talk.log*")), "the log goes with its jail")

    def test_following_several_over_a_restart(self):
        for name in ("one", "two"):
            self.declare(name, self.spec(f"/bin/sh -c 'echo from {name}; sleep 1000000'"))
        with subprocess.Popen([str(BIN / "jailctl"), "--socket", self.jaild.socket, "logs", "-f", "one", "two"],
                              stdout=subprocess.PIPE, text=True) as process:
            seen = []
            while sum("| from " in line for line in seen) < 2:
                seen.append(process.stdout.readline())
            self.jaild.call("POST", "/jails/one/restart?wait=60")
            while sum("one | from one" in line for line in seen) < 2:
                seen.append(process.stdout.readline())
            process.kill()
        self.erase("one", "two")

    def test_a_flood_is_capped_and_blocks_nobody(self):
        self.declare("flood", self.spec("/bin/sh -c 'yes 0123456789012345678901234567890123456789 | head -c 60000000; "
                                        "while sleep 1; do echo finished; done'"))
        directory = self.jaild.dir / "log" / "jails"

        def finished():
            try:
                return b"finished" in (directory / "flood.log").read_bytes()[-4096:]
            except FileNotFoundError:  # no line yet, or between the rotation's rename and the next file
                return False

        until(60, finished, "all of it was taken, and what comes later is logged again")
        text = b"".join(each.read_bytes() for each in sorted(directory.glob("flood.log*")))
        self.assertIn(b"dropped: over the log rate", text)
        self.assertLessEqual(sum(each.stat().st_size for each in directory.glob("flood.log*")), 42_000_000)
        self.assertIn("finished", self.jaild.jailctl("logs", "--tail", "1", "flood").stdout)
        self.erase("flood")


if __name__ == "__main__":
    unittest.main()
