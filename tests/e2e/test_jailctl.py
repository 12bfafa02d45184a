"""jailctl where it needs a terminal, a signal or a shell: top, status -w, doctor, completion."""
import json
import os
import pty
import select
import shutil
import signal
import subprocess
import time
import unittest

from harness import BIN, JaildTest, until

ESCAPE = b"\x1b"


class OnTerminal:
    """A program whose streams are a terminal of 24 rows."""

    def __init__(self, arguments, environment=None):
        self.text = b""
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.execvpe(arguments[0], arguments, {**os.environ, "TERM": "xterm", **(environment or {})})
        subprocess.run(["stty", "rows", "24", "cols", "200"], stdin=self.master, check=True)

    def type(self, text):
        os.write(self.master, text)

    def shows(self, text):
        """Whether `text` has been written; looks at what is there, waits for nothing."""
        while select.select([self.master], [], [], 0)[0]:
            try:
                piece = os.read(self.master, 65536)
            except OSError:  # how Linux tells that the other side is closed
                break
            if not piece:
                break
            self.text += piece
        return text in self.text

    def wait_for(self, text, seconds=20):
        until(seconds, lambda: self.shows(text), f"{text!r} on the terminal: {self.text[-2000:]!r}")

    def close(self):
        """Ends it, by force where it has not ended; its exit code, negative for a signal."""
        deadline = time.monotonic() + 10
        while True:
            self.shows(b"")
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                os.close(self.master)
                return os.waitstatus_to_exitcode(status)
            if time.monotonic() > deadline:
                os.kill(self.pid, signal.SIGKILL)
            time.sleep(0.02)


class Pictures(JaildTest):
    def setUp(self):
        self.declare("web", self.spec())

    def tearDown(self):
        self.erase("web")

    def jailctl(self, *arguments):
        return [str(BIN / "jailctl"), "--socket", self.jaild.socket, *arguments]

    def test_top_draws_over_its_picture_and_ends_with_ctrl_c(self):
        terminal = OnTerminal(self.jailctl("top", "-i", "1"))
        terminal.wait_for(b"web")
        until(20, lambda: terminal.shows(b"") or terminal.text.count(b"\x1b[H") >= 2, "a second picture")
        terminal.type(b"\x03")
        self.assertEqual(terminal.close(), 0)
        self.assertEqual(terminal.text.count(b"\x1b[2J"), 1, "cleared once, then drawn over")
        self.assertIn(b"\x1b[32mrunning", terminal.text)

    def test_no_color_is_heard(self):
        terminal = OnTerminal(self.jailctl("top", "-n", "1"), {"NO_COLOR": "1"})
        self.assertEqual(terminal.close(), 0)
        self.assertIn(b"running", terminal.text)
        self.assertNotIn(b"\x1b[32m", terminal.text)

    def test_top_off_a_terminal_is_a_table_for_each_interval_and_ends_with_sigint(self):
        with subprocess.Popen(self.jailctl("top", "-i", "1"), stdout=subprocess.PIPE, stdin=subprocess.DEVNULL) as top:
            tables = [top.stdout.readline() for _ in range(2)]  # the header and web
            top.stdout.readline()  # between two tables
            tables += [top.stdout.readline() for _ in range(2)]
            top.send_signal(signal.SIGINT)
            rest = top.stdout.read()
            self.assertEqual(top.wait(10), 0)
        self.assertTrue(tables[0].startswith(b"NAME") and tables[1].startswith(b"web   running"), tables)
        self.assertEqual(tables[0], tables[2])
        self.assertTrue(rest == b"" or rest.endswith(b"\n"), rest)
        self.assertNotIn(ESCAPE, b"".join(tables))

    def test_status_w_shows_what_happens(self):
        terminal = OnTerminal(self.jailctl("status", "-w"))
        terminal.wait_for(b"running")
        self.assertEqual(self.jaild.call("POST", "/jails/web/stop?wait=60")[0], 200)
        terminal.wait_for(b"stopped")
        terminal.type(b"\x03")
        self.assertEqual(terminal.close(), 0)

    def test_status_w_goes_on_when_jaild_comes_back(self):
        terminal = OnTerminal(self.jailctl("status", "-w", "web"))
        terminal.wait_for(b"running")
        self.jaild.kill()
        self.jaild.start()
        self.assertEqual(self.jaild.call("POST", "/jails/web/stop?wait=60")[0], 200)
        terminal.wait_for(b"stopped", 60)
        terminal.type(b"\x03")
        self.assertEqual(terminal.close(), 0)

    def test_doctor_looks_at_everything(self):
        said = self.jaild.jailctl("-o", "json", "doctor")
        items = json.loads(said.stdout)["items"]
        self.assertEqual(said.returncode, 0, items)
        self.assertLessEqual({"socket", "rights", "store", "racct", "clock", "host", "vnet", "jails", "tasks"},
                             {item["check"] for item in items})
        code, _ = self.jaild.declare("broken", {"params": {"path": "/jail"}, "command": "false",
                                                "restart": {"policy": "never"}})
        self.assertEqual(code, 201)
        said = self.jaild.jailctl("doctor")
        self.assertEqual(said.returncode, 1)
        self.assertRegex(said.stdout, "(?m)^BAD   jails: broken is failed")
        self.assertIn("jailctl status broken", said.stdout)
        self.erase("broken")
        gone = subprocess.run([str(BIN / "jailctl"), "--socket", str(self.jaild.dir / "none"), "doctor"],
                              capture_output=True, text=True, check=False)
        self.assertEqual(gone.returncode, 8)
        self.assertIn("BAD   socket: cannot reach jaild", gone.stdout)


class Waits(JaildTest):
    """Verbs that wait: what is said, when, and with which exit code."""

    def jailctl(self, *arguments, seconds=60):
        """Less than the 600 s that a wait may take: what ends it must be a reason."""
        return self.jaild.jailctl(*arguments, timeout=seconds)

    def test_a_dependency_that_failed_ends_the_wait(self):
        self.declare("first", self.spec(params={"exec.start": ["false"]}, restart={"policy": "never"}), desired="stopped",
                     wait=0)
        self.declare("second", self.spec(params={"depend": ["first"]}), desired="stopped", wait=0)
        said = self.jailctl("up", "second")
        self.assertEqual(said.returncode, 1, said)
        self.assertIn("second: cannot start: waits for first, which is failed: exec.start (false): ", said.stderr)
        self.assertEqual(said.stderr.count("exited with 1"), 1, said.stderr)
        said = self.jailctl("up", "first")
        self.assertEqual(said.returncode, 1, said)
        self.assertIn("`jailctl logs first`", said.stderr)
        self.assertEqual(said.stderr.count("exited with 1"), 1, said.stderr)
        self.jailctl("down", "second", "first")
        self.erase("second", "first")

    def test_many_jails_are_one_wait(self):
        names = [f"many{number}" for number in range(50)]
        jails = [{"name": name, "spec": self.spec(labels={"set": "many"})} for name in names]
        file = self.jaild.dir / "many.json"
        file.write_text(json.dumps({"jails": jails}))
        said = self.jailctl("apply", "-f", str(file))
        self.assertEqual(said.returncode, 0, said.stderr)
        self.assertEqual(said.stdout.splitlines()[-1], "50 jails: 50 created")
        self.assertEqual(len(said.stdout.splitlines()), 51)
        jails[7]["spec"]["rctl"] = ["maxproc:deny=50"]
        file.write_text(json.dumps({"jails": jails}))
        said = self.jailctl("apply", "-f", str(file))
        self.assertEqual(said.stdout.splitlines()[-1], "50 jails: 1 changed, 49 unchanged")
        self.assertRegex(said.stdout, "^many7: changed rctl; running, jid")
        self.assertEqual(len(said.stdout.splitlines()), 2)
        said = self.jailctl("stop", *names)
        self.assertEqual((said.returncode, len(said.stdout.splitlines())), (0, 50), said.stderr)
        said = self.jailctl("rm", "-f", *names)
        self.assertEqual((said.returncode, len(said.stdout.splitlines())), (0, 50), said.stderr)

    def test_all_of_them(self):
        self.declare("one", self.spec())
        self.declare("two", self.spec(), desired="stopped", wait=0)
        before = self.jaild.status("one")["jid"]
        self.assertEqual(self.jailctl("restart", "--all").stdout.count("ready"), 1)
        self.assertNotEqual(self.jaild.status("one")["jid"], before)
        self.assertEqual(self.jailctl("up", "--all").stdout.count("ready"), 2)
        self.assertEqual(self.jailctl("stop", "--all").stdout, "one: stopped\ntwo: stopped\n")
        self.assertEqual(self.jailctl("restart", "--all").stdout, "no jail is running\n")
        self.erase("one", "two")

    def test_wait_prints_the_code_of_the_command(self):
        self.declare("job", self.spec("sleep 1000000", restart={"policy": "never"}))
        with subprocess.Popen([str(BIN / "jailctl"), "--socket", self.jaild.socket, "wait", "job"],
                              stdout=subprocess.PIPE, text=True) as waiting:
            self.assertEqual(self.jailctl("stop", "job").returncode, 0)
            self.assertIn(waiting.communicate(timeout=30)[0], ("143\n", "137\n"), "how its stop ended it")
            self.assertEqual(waiting.returncode, 0)
        self.erase("job")
        self.declare("bad", self.spec("false", restart={"policy": "never"}))
        self.assertEqual(self.jailctl("wait", "bad").stdout, "1\n")
        self.assertEqual(self.jailctl("wait", "nobody").returncode, 4)
        self.erase("bad")

    def test_bytes_that_are_not_utf8_are_refused_with_their_place(self):
        """Each would be another value in JSON: another root, another label."""
        file = self.jaild.dir / "lat.conf"
        file.write_bytes(b'lat {\n  path = "/jail/lat\xe9";\n  persist;\n}\n')
        for verb in (["import", "--etc", str(self.jaild.dir), str(file)], ["up", "-f", str(file)],
                     ["plan", "-f", str(file)], ["apply", "-f", str(file)]):
            said = self.jailctl(*verb)
            self.assertEqual(said.returncode, 2, said)
            self.assertIn("lat.conf:2:3: error: jail lat: path: is not UTF-8: byte 10 is \\xe9", said.stderr)
        self.assertIsNone(self.jaild.status("lat"))
        self.declare("web", self.spec())
        said = self.jailctl("set", "web", b"labels.x=caf\xe9")
        self.assertEqual(said.returncode, 2, said)
        self.assertIn("is not UTF-8: byte 13 is \\xe9", said.stderr)
        self.assertEqual(self.jailctl("set", "web", "labels.x=caf\u00e9").returncode, 0)
        said = self.jailctl("unset", "web", "labels.y")
        self.assertEqual((said.returncode, said.stderr),
                         (1, "jailctl: web: labels.y is not set, so there is nothing to unset\n"))
        self.erase("web")

    def test_ctrl_c_ends_the_line_and_is_code_130(self):
        self.declare("web", self.spec())
        terminal = OnTerminal([str(BIN / "jailctl"), "--socket", self.jaild.socket, "rm", "web"])
        terminal.wait_for(b"[y/N] ")
        terminal.type(b"\x03")
        self.assertEqual(terminal.close(), 130)
        self.assertTrue(terminal.text.endswith(b"\n"), terminal.text)
        self.assertEqual(self.jaild.status("web")["state"], "running")
        self.erase("web")

    def test_status_w_of_nobody_ends(self):
        self.assertEqual(self.jailctl("status", "-w", "nobody").returncode, 4)


class OnLinux(JaildTest):
    """A host that can lack something; the simulated one has every path and interface."""
    host = "linux"

    def test_what_a_start_lacks_is_said_at_once_and_ends_it(self):
        self.declare("bare", self.spec(params={"path": "/nowhere/bare"}), desired="stopped", wait=0)
        said = self.jaild.jailctl("up", "bare", timeout=60)
        self.assertEqual(said.returncode, 1, said)
        self.assertIn("bare: cannot start: ", said.stderr)
        self.assertIn("/nowhere/bare", said.stderr)
        self.assertIn("`jailctl up bare`", said.stderr)
        self.assertEqual(self.jaild.jailctl("down", "bare").returncode, 0)
        self.erase("bare")


class Completion(JaildTest):
    """What real shells make of the scripts, with names from a real jaild."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for name in ("web", "webdb"):
            cls.jaild.declare(name, {"params": {"path": "/jail"}, "command": "sleep 1000000"})
        cls.scripts = cls.jaild.dir / "completion"
        cls.scripts.mkdir()
        for shell, file in (("bash", "jailctl.bash"), ("zsh", "_jailctl"), ("fish", "jailctl.fish")):
            (cls.scripts / file).write_text(cls.jaild.jailctl("completion", shell).stdout)
        cls.environment = {"PATH": f"{BIN}:{os.environ['PATH']}", "JAILD_SOCKET": cls.jaild.socket,
                           "HOME": str(cls.scripts)}

    def shell(self, *arguments):
        return subprocess.run(arguments, env={**os.environ, **self.environment}, capture_output=True, text=True,
                              timeout=60, check=True).stdout.split()

    def need(self, shell):
        if not shutil.which(shell):
            self.skipTest(f"there is no {shell}")

    def test_bash(self):
        self.need("bash")
        for words, expected in (("jailctl up we", ["web", "webdb"]), ("jailctl rollb", ["rollback"]),
                                ("jailctl top --so", ["--socket", "--sort"]), ("jailctl token r", ["rm"])):
            script = (f". {self.scripts}/jailctl.bash; COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); "
                      "_jailctl; echo \"${COMPREPLY[*]}\"")
            self.assertEqual(self.shell("bash", "-c", script), expected, words)

    def test_fish(self):
        self.need("fish")
        for words, expected in (("jailctl up we", {"web", "webdb"}), ("jailctl rollb", {"rollback"}),
                                ("jailctl token r", {"rm"})):
            found = subprocess.run(["fish", "--no-config", "-c",
                                    f"source {self.scripts}/jailctl.fish; complete -C '{words}'"],
                                   env={**os.environ, **self.environment}, capture_output=True, text=True, timeout=60,
                                   check=True).stdout
            self.assertEqual({line.split("\t")[0] for line in found.splitlines()}, expected, words)

    def test_zsh_loads_it_from_its_path(self):
        self.need("zsh")
        terminal = OnTerminal(["zsh", "-f", "-i"], self.environment)
        terminal.type(f"fpath=({self.scripts} $fpath); autoload -Uz compinit; compinit -u -D; print re''ady\n".encode())
        terminal.wait_for(b"ready")
        terminal.type(b"echo jailctl-is-$(jailctl rollb\t")
        terminal.wait_for(b"rollback")
        terminal.type(b"\x15jailctl history webd\t")  # instead of that line
        terminal.wait_for(b"webdb")
        terminal.type(b"\x15exit\n")
        self.assertEqual(terminal.close(), 0)


if __name__ == "__main__":
    unittest.main()
