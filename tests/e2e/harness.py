"""A jaild of its own for each test class, spoken to over its Unix socket; each answer is held against the document."""
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

import contract

BIN = pathlib.Path(os.environ.get("JAILD_BIN", "build/bin")).resolve()
BUSYBOX = "/bin/busybox"


def linux_root():
    return sys.platform == "linux" and os.geteuid() == 0 and os.path.exists(BUSYBOX)


def until(seconds, condition, what):
    """Looks 20 times a second until `condition()` is true; fails with `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.05)


def free_port():
    """A TCP port of the loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def exchange(connection, method, path, body=None, headers=None):
    """One request over a connection, which it closes: status, headers (lower case) and body bytes."""
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
    finally:
        connection.close()


def ask(connection, method, path, body=None, headers=None):
    """The same, held against the document."""
    answer = exchange(connection, method, path, body, headers)
    contract.check(method, path, *answer)
    return answer


class Jaild:
    """One daemon with its own directories. `close()` leaves nothing behind, whatever happened."""

    def __init__(self, host=None, program="jaild", arguments=(), environment=None, start=True, tcp=()):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="jaild-e2e."))
        self.tcp = list(tcp)  # more addresses to listen on, beside the Unix socket
        self.host = host
        self.program = program
        self.arguments = list(arguments)
        self.process = None
        if start:
            self.start(environment)

    def start(self, environment=None, program=None, wait=True, preexec=None):
        command = [str(BIN / (program or self.program)), "--state-dir", str(self.dir / "state"), "--run-dir",
                   str(self.dir / "run"), "--log-dir", str(self.dir / "log"), *self.arguments]
        if self.host:
            command += ["--host", self.host]
        for address in [f"unix:{self.socket}", *self.tcp] if self.tcp else []:
            command += ["--listen", address]
        with open(self.dir / "stderr", "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env={**os.environ, **(environment or {})}, preexec_fn=preexec)
        if wait:
            until(30, lambda: self.process.poll() is not None or self.answers(), f"jaild answers; {self.log()}")
        return self

    def answers(self):
        try:
            return self.call("GET", "/livez")[0] == 200
        except OSError:
            return False

    @property
    def socket(self):
        return str(self.dir / "run" / "jaild.sock")

    def log(self):
        files = [self.dir / "stderr", self.dir / "log" / "jaild.log"]
        return "\n".join(f.read_text(errors="replace")[-6000:] for f in files if f.exists())

    def raw(self, method, path, body=None, headers=None, timeout=120):
        """Status, headers (lower case) and body bytes, all as openapi/jaild.yaml says."""
        return ask(UnixConnection(self.socket, timeout), method, path, body, headers)

    def call(self, method, path, value=None, timeout=120):
        """Status and JSON."""
        body = None if value is None else json.dumps(value)
        headers = {"Content-Type": "application/json"} if body is not None else {}
        status, _, data = self.raw(method, path, body, headers, timeout)
        try:
            return status, json.loads(data) if data else None
        except json.JSONDecodeError:
            return status, data.decode(errors="replace")

    def declare(self, name, spec, wait=60, **more):
        return self.call("POST", f"/jails?wait={wait}", {"name": name, "spec": spec, **more})

    def status(self, name):
        code, body = self.call("GET", f"/jails/{name}")
        return body["status"] if code == 200 else None

    def jailctl(self, *arguments, timeout=120):
        return subprocess.run([str(BIN / "jailctl"), "--socket", self.socket, *arguments], capture_output=True, text=True,
                              timeout=timeout, stdin=subprocess.DEVNULL, check=False)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def terminate(self):
        self.process.terminate()
        return self.process.wait(30)

    def pids(self, pattern=None):
        """Processes whose command line names this daemon's run directory: jaild and its monitors."""
        found = subprocess.run(["pgrep", "-f", "--", pattern or f"--run-dir {self.dir}/run"], capture_output=True, text=True,
                               check=False)
        return [int(pid) for pid in found.stdout.split()]

    def close(self):
        try:
            if self.process.poll() is not None:
                self.start(program="jaild")
            self.jailctl("down", "--all", "--timeout", "60")
            for jail in self.call("GET", "/jails")[1]["items"]:
                self.call("DELETE", f"/jails/{jail['name']}?wait=60")
            self.terminate()
        finally:
            if self.process.poll() is None:
                self.kill()
            shutil.rmtree(self.dir, ignore_errors=True)


def make_root(path):
    """A root file system out of busybox."""
    path = pathlib.Path(path)
    for each in ("bin", "etc", "dev", "proc", "tmp", "root", "home"):
        (path / each).mkdir(parents=True)
    shutil.copy(BUSYBOX, path / "bin" / "busybox")
    subprocess.run(["chroot", str(path), "/bin/busybox", "--install", "-s", "/bin"], check=True)
    (path / "etc" / "passwd").write_text("root:x:0:0:root:/root:/bin/sh\nwww:x:80:80:www:/home:/bin/sh\n")
    (path / "etc" / "group").write_text("root:x:0:\nwww:x:80:\n")
    (path / "tmp").chmod(0o1777)
    return str(path)


def world():
    """What of the machine must be the same before and after: interfaces, mounts, cgroups of ours."""
    links = subprocess.run(["ip", "-o", "link"], capture_output=True, text=True, check=True).stdout
    found = {"link " + line.split(": ")[1] for line in links.splitlines()}
    with open("/proc/self/mountinfo", encoding="utf-8") as mounts:
        found |= {"mount " + line.split()[4] for line in mounts}
    for top in pathlib.Path("/sys/fs/cgroup").glob("**/jaild*"):
        found.add(f"cgroup {top}")
    return found


class JaildTest(unittest.TestCase):
    """`self.jaild` for all tests of the class; `host` is "sim" unless the class says otherwise."""
    host = "sim"
    program = "jaild"
    arguments = ()
    tcp = ()

    @classmethod
    def setUpClass(cls):
        if cls.host != "sim" and not linux_root():
            raise unittest.SkipTest("needs Linux, root and busybox")
        cls.before = world() if cls.host != "sim" else set()
        cls.jaild = Jaild(None if cls.host != "sim" else "sim", cls.program, cls.arguments, tcp=cls.tcp)
        if cls.host != "sim":
            cls.root = make_root(cls.jaild.dir / "root")

    @classmethod
    def tearDownClass(cls):
        directory = cls.jaild.dir
        cls.jaild.close()
        if cls.host != "sim":
            left = world() - cls.before
            left |= {f"process {pid}" for pid in cls.jaild.pids(f"{directory}/run")}
            if left:
                raise AssertionError(f"left behind: {sorted(left)}")

    def spec(self, command="sleep 1000000", **more):
        spec = {"params": {"path": getattr(self, "root", "/jail"), **more.pop("params", {})}, **more}
        if command:
            spec["command"] = command
        return spec

    def declare(self, name, spec, **more):
        code, body = self.jaild.declare(name, spec, **more)
        self.assertEqual(code, 201, body)
        return body

    def erase(self, *names):
        for name in names:
            code, body = self.jaild.call("DELETE", f"/jails/{name}?wait=60")
            self.assertIn(code, (202, 204), body)
