"""jaild as a process among others: with which descriptors it starts, and what it does when the system takes away its files."""
import http.client
import json
import os
import pathlib
import resource
import shutil
import signal
import socket
import subprocess
import sys
import unittest

from harness import BIN, Jaild, JaildTest, until


def closing(*descriptors):
    """For preexec_fn: the program starts without these."""
    def close():
        for each in descriptors:
            os.close(each)
    return close


class ClosedDescriptors(JaildTest):
    def jailctl_without(self, descriptor, *arguments):
        return subprocess.run([str(BIN / "jailctl"), "--socket", self.jaild.socket, *arguments], capture_output=True, timeout=60,
                              stdin=subprocess.DEVNULL, preexec_fn=closing(descriptor), check=False)

    def setUp(self):
        self.declare("web", self.spec())
        self.addCleanup(self.erase, "web")

    def test_jailctl_without_standard_input_is_at_its_end(self):
        done = self.jailctl_without(0, "exec", "-i", "web", "--", "cat")
        self.assertEqual((done.returncode, done.stdout), (0, b""), done.stderr)
        self.assertNotEqual(self.jailctl_without(0, "apply", "-f", "-").returncode, 0)

    def test_jailctl_without_standard_output_says_that_its_answer_went_nowhere(self):
        for verb in (("exec", "web", "--", "echo", "x"), ("ls",), ("status", "web"), ("logs", "web")):
            done = self.jailctl_without(1, *verb)
            if verb[0] == "logs" and done.returncode == 0:
                continue  # nothing was to be told
            self.assertEqual((done.returncode, done.stderr), (1, b"jailctl: cannot write the answer: Bad file descriptor\n"), verb)

    def test_jailctl_without_standard_error_loses_only_that(self):
        self.assertEqual(self.jailctl_without(2, "exec", "web", "--", "echo", "x").stdout, b"x\n")
        self.assertEqual(self.jailctl_without(2, "status", "nobody").returncode, 4)

    @unittest.skipUnless(sys.platform == "linux", "looks into /proc")
    def test_jaild_opens_nothing_of_its_own_there(self):
        for descriptors in ((0,), (1,), (2,), (0, 1, 2)):
            other = Jaild("sim", start=False)
            try:
                other.start(preexec=closing(*descriptors))
                for each in descriptors:
                    self.assertEqual(os.readlink(f"/proc/{other.process.pid}/fd/{each}"), "/dev/null", descriptors)
            finally:
                other.close()


class Beginning(unittest.TestCase):
    """What keeps jaild from starting is told where somebody waits for it, and in the log."""

    def begin(self, *arguments, directory=None, preexec=None, program="jaild", environment=None):
        return subprocess.run([str(BIN / program), "--host", "sim", *arguments], capture_output=True, text=True, timeout=60,
                              cwd=directory, preexec_fn=preexec, env={**os.environ, **(environment or {})}, check=False)

    def setUp(self):
        self.jaild = Jaild("sim", start=False)
        self.dir = self.jaild.dir
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)

    def places(self):
        return ["--state-dir", f"{self.dir}/state", "--run-dir", f"{self.dir}/run", "--log-dir", f"{self.dir}/log"]

    def last_line(self):
        return (self.dir / "log" / "jaild.log").read_text().splitlines()[-1]

    def test_an_error_reaches_the_terminal_and_the_log(self):
        (self.dir / "state").write_text("no directory")
        done = self.begin(*self.places())
        self.assertEqual((done.returncode, done.stdout, done.stderr), (1, "", f"jaild: {self.dir}/state is not a directory\n"))
        self.assertIn(f"error {self.dir}/state is not a directory", self.last_line())

    def test_a_log_that_cannot_be_opened_is_told_on_standard_error(self):
        (self.dir / "log").write_text("no directory")
        done = self.begin(*self.places())
        self.assertEqual((done.returncode, done.stdout, done.stderr), (1, "", f"jaild: {self.dir}/log is not a directory\n"))

    def test_an_address_that_is_taken_is_told(self):
        taken = socket.socket()
        self.addCleanup(taken.close)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = self.begin(*self.places(), "--listen", f"127.0.0.1:{taken.getsockname()[1]}")
        self.assertEqual(done.returncode, 1)
        self.assertIn("jaild: --listen: ", done.stderr)

    def test_relative_directories_begin_at_the_working_directory(self):
        self.jaild.arguments = []
        process = subprocess.Popen([str(BIN / "jaild"), "--host", "sim", "--state-dir", "state/", "--run-dir", "run", "--log-dir",
                                    "./log"], cwd=self.dir, stderr=subprocess.PIPE)
        self.jaild.process = process
        try:
            until(30, self.jaild.answers, f"it answers; {self.jaild.log()}")
            self.assertEqual(oct((self.dir / "state").stat().st_mode & 0o777), "0o700")
        finally:
            process.terminate()
            process.communicate(timeout=30)

    def test_a_run_directory_that_is_too_long_is_blamed_itself(self):
        done = self.begin("--state-dir", f"{self.dir}/s", "--log-dir", f"{self.dir}/l", "--run-dir", f"{self.dir}/{'r' * 100}")
        self.assertEqual(done.returncode, 1)
        self.assertIn("--run-dir: ", done.stderr)
        self.assertNotIn("--listen", done.stderr)

    @unittest.skipUnless(sys.platform == "linux" and os.geteuid() == 0, "takes another user's limit")
    def test_threads_that_cannot_be_made_are_told_and_nothing_is_left(self):
        """With each number of threads jaild serves or says why not: it never ends without a word, nor hangs."""
        os.chown(self.dir, 61234, 61234)
        self.dir.chmod(0o755)
        refused = 0
        for threads in range(1, 40):
            def limited(most=threads):
                os.setgid(61234)
                os.setuid(61234)
                resource.setrlimit(resource.RLIMIT_NPROC, (most, most))
            self.jaild.start(preexec=limited)
            if self.jaild.process.poll() is None:
                self.assertEqual(self.jaild.terminate(), 0, self.jaild.log())
                break
            refused += 1
            self.assertEqual(self.jaild.process.returncode, 1, self.jaild.log())
            self.assertRegex(self.last_line(), "error .*thread.*: Resource temporarily unavailable$")
        self.assertGreater(refused, 3)

    def test_too_few_descriptors_are_told(self):
        done = self.begin(*self.places(), preexec=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16)))
        self.assertEqual(done.returncode, 1)
        self.assertIn("the limit of open files is 16, too low", done.stderr)
        self.assertFalse((self.dir / "state").exists())

    def test_an_exception_that_nobody_catches_is_the_last_line(self):
        for where, message in (("loop", "thrown on the loop"), ("queries", "thrown by a query")):
            jaild = Jaild("sim", "jaild-faulty", environment={"JAILD_THROW": where})
            try:
                spec = {"params": {"path": "/jail", "persist": True}}
                with self.assertRaises((OSError, http.client.HTTPException)):
                    self.assertEqual(jaild.declare("web", spec)[0], 201)
                    jaild.call("GET", "/jails/web/usage")
                self.assertEqual(jaild.process.wait(30), -signal.SIGABRT)
                lines = (jaild.dir / "log" / "jaild.log").read_text().splitlines()
                self.assertIn("error jaild ends by a fault of its own; jails run on; error=", lines[-1])
                self.assertIn(message, lines[-1])
            finally:
                jaild.close()


class LosingFiles(unittest.TestCase):
    """Somebody removes what jaild has open."""

    def setUp(self):
        self.jaild = Jaild("sim")
        self.addCleanup(self.jaild.close)
        self.spec = {"params": {"path": "/jail", "persist": True}}

    def log_has(self, text):
        return until(10, lambda: text in (self.jaild.dir / "log" / "jaild.log").read_text(), f"the log says {text!r}")

    def store_says(self):
        return self.jaild.call("GET", "/readyz")[1]["checks"]["store"]

    def test_a_database_without_its_name_takes_no_writes_and_says_so(self):
        self.assertEqual(self.jaild.declare("kept", self.spec)[0], 201)
        database = self.jaild.dir / "state" / "jaild.db"
        aside = database.with_name("aside")
        database.rename(aside)
        status, headers, body = self.jaild.raw("POST", "/jails", json.dumps({"name": "lost", "spec": self.spec}),
                                               {"Content-Type": "application/json"})
        self.assertEqual(status, 507, body)
        self.assertIn("retry-after", headers)
        self.assertIn("was removed or replaced", json.loads(body)["detail"])
        self.assertEqual(self.jaild.call("GET", "/jails/lost")[0], 404)
        self.log_has(f"{database} was removed or replaced")
        until(10, lambda: "was removed or replaced" in self.store_says(), "readyz says it")
        doctor = self.jaild.jailctl("doctor")
        self.assertIn("was removed or replaced", " ".join((doctor.stdout + doctor.stderr).split()))
        aside.rename(database)
        until(10, lambda: self.store_says() == "ok", "it is back")
        self.assertEqual(self.jaild.declare("lost", self.spec)[0], 201)
        self.jaild.kill()
        self.jaild.start()
        self.assertEqual(self.jaild.call("GET", "/jails/lost")[0], 200)

    def test_it_is_told_without_a_write(self):
        database = self.jaild.dir / "state" / "jaild.db"
        database.rename(database.with_name("aside"))
        until(10, lambda: "was removed or replaced" in self.store_says(), "readyz says it")
        database.with_name("aside").rename(database)

    def test_a_socket_that_was_removed_is_made_again(self):
        socket_file = pathlib.Path(self.jaild.socket)
        mode = socket_file.stat().st_mode
        for removed in (lambda: socket_file.unlink(), lambda: shutil.rmtree(self.jaild.dir / "run")):
            removed()
            until(10, self.jaild.answers, "it answers again")
            self.assertEqual(socket_file.stat().st_mode, mode)
            second = subprocess.run([str(BIN / "jaild"), "--host", "sim", "--state-dir", f"{self.jaild.dir}/state2", "--run-dir",
                                     f"{self.jaild.dir}/run", "--log-dir", f"{self.jaild.dir}/log2"], capture_output=True,
                                    text=True, timeout=60, check=False)
            self.assertEqual((second.returncode, "another jaild runs" in second.stderr), (1, True), second.stderr)
        self.log_has("it is made again")

    def test_state_and_run_directory_may_be_one(self):
        done = subprocess.run(["timeout", "-s", "TERM", "2", str(BIN / "jaild"), "--host", "sim", "--state-dir",
                               f"{self.jaild.dir}/one", "--run-dir", f"{self.jaild.dir}/one", "--log-dir",
                               f"{self.jaild.dir}/log3"], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual((done.returncode, done.stderr.count("another jaild")), (124, 0), done.stderr)

    def test_a_second_jaild_with_the_same_database_is_refused(self):
        """Each would take the other's jails for leftovers."""
        second = subprocess.run([str(BIN / "jaild"), "--host", "sim", "--state-dir", f"{self.jaild.dir}/state", "--run-dir",
                                 f"{self.jaild.dir}/run2", "--log-dir", f"{self.jaild.dir}/log2"], capture_output=True,
                                text=True, timeout=60, check=False)
        self.assertEqual((second.returncode, f"another jaild runs with {self.jaild.dir}/state" in second.stderr), (1, True),
                         second.stderr)
        self.assertTrue(self.jaild.answers())

    def test_the_socket_of_a_second_jaild_is_left_to_it(self):
        """The directory was removed with its lock, and another jaild was quicker."""
        self.jaild.process.send_signal(signal.SIGSTOP)
        shutil.rmtree(self.jaild.dir / "run")
        second = subprocess.Popen([str(BIN / "jaild"), "--host", "sim", "--state-dir", f"{self.jaild.dir}/state2", "--run-dir",
                                   f"{self.jaild.dir}/run", "--log-dir", f"{self.jaild.dir}/log2"], stderr=subprocess.DEVNULL)
        try:
            until(30, self.jaild.answers, "the second one answers")
            inode = os.stat(self.jaild.socket).st_ino
            self.jaild.process.send_signal(signal.SIGCONT)
            self.log_has("is not made again: another jaild runs")
            self.assertEqual(os.stat(self.jaild.socket).st_ino, inode)
            self.assertEqual(self.jaild.terminate(), 0)
            self.assertEqual(os.stat(self.jaild.socket).st_ino, inode, "nor removed")
        finally:
            second.terminate()
            second.wait(30)


PIDS = pathlib.Path("/sys/fs/cgroup/pids")


class TaskLimit(JaildTest):
    """Serving makes no thread: at the system's limit a step that needs a process fails, and jaild goes on."""
    host = "linux"

    @classmethod
    def setUpClass(cls):
        if not os.access(PIDS, os.W_OK):
            raise unittest.SkipTest(f"needs the cgroup {PIDS}")
        super().setUpClass()

    def setUp(self):
        self.group = PIDS / f"test-of-jaild.{os.getpid()}"
        self.group.mkdir()
        self.addCleanup(lambda: until(30, self.removed, "the cgroup is empty"))
        self.set_group(self.group)
        self.addCleanup(self.set_group, PIDS)

    def removed(self):
        for pid in (self.group / "cgroup.procs").read_text().split():
            try:
                (PIDS / "cgroup.procs").write_text(pid)
            except OSError:
                pass  # it has ended
        try:
            self.group.rmdir()
        except OSError:
            return False
        return True

    def set_group(self, group):
        (group / "cgroup.procs").write_text(str(self.jaild.process.pid))

    def test_a_host_name_is_changed_and_a_start_fails_with_words(self):
        self.declare("web", self.spec(params={"host.hostname": "before"}))
        (self.group / "pids.max").write_text("1")
        code, body = self.jaild.call("PATCH", "/jails/web?wait=10", {"spec": {"params": {"host.hostname": "after"}}})
        self.assertEqual((code, body["status"]["pending"]), (200, []), body)
        self.declare("late", self.spec(restart={"policy": "never"}), wait=20)
        self.assertEqual(self.jaild.status("late")["state"], "failed")
        self.assertIn("Resource temporarily unavailable", self.jaild.status("late")["reason"])
        (self.group / "pids.max").write_text("max")
        self.assertEqual(self.jaild.call("POST", "/jails/late/start?wait=30")[1]["status"]["state"], "running")
        code, body = self.jaild.call("POST", "/jails/web/exec", {"command": ["hostname"]})
        self.assertEqual(body["stdout"], "after\n", body)
        self.erase("web", "late")


if __name__ == "__main__":
    unittest.main()
