"""Who may do what with the real daemon: users, groups, tokens, what runs in a jail; and the trail that changes leave."""
import http.client
import json
import os
import shutil
import stat
import subprocess
import sys
import time
import unittest

from harness import BIN, Jaild, JaildTest, ask, free_port, until

VIEWER, OPERATOR, STRANGER, DOOR = 61001, 61002, 61003, 61000  # users, but for the group that may connect

# What a process in a jail makes of the socket: the status and the body of the answer.
ASKING = """
import http.client, json, os, socket, sys
connection = http.client.HTTPConnection("localhost", timeout=30)
connection.sock = socket.socket(socket.AF_UNIX)
connection.sock.connect(sys.argv[1])
connection.request("GET", "/jails")
answer = connection.getresponse()
print(json.dumps([os.getuid(), answer.status, answer.read().decode()]))
"""


def as_user(jaild, uid, groups, method, path):
    """The status that a process of this user gets; 0 where it cannot connect."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups(groups)
            os.setgid(STRANGER)
            os.setuid(uid)
            try:
                status = jaild.raw(method, path)[0]
            except PermissionError:
                status = 0
            os.write(writer, str(status).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with open(reader, "rb") as answer:
        text = answer.read()
    os.waitpid(child, 0)
    return int(text)


@unittest.skipUnless(os.geteuid() == 0, "becoming other users needs root")
class Users(JaildTest):
    arguments = ("--socket-group", str(DOOR), "--viewer-user", str(VIEWER), "--operator-group", str(OPERATOR))

    def test_the_socket_lets_in_its_group_and_roles_decide(self):
        status = os.stat(self.jaild.socket)
        self.assertEqual((stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid), (0o660, 0, DOOR))
        self.jaild.dir.chmod(0o755)
        self.declare("web", self.spec())
        for uid, groups, method, path, expected in (
                (STRANGER, [], "GET", "/livez", 0),
                (STRANGER, [DOOR], "GET", "/livez", 200),
                (STRANGER, [DOOR], "GET", "/jails", 403),
                (VIEWER, [DOOR], "GET", "/jails", 200),
                (VIEWER, [DOOR], "POST", "/jails/web/stop", 403),
                (STRANGER, [DOOR, OPERATOR], "POST", "/jails/web/start", 200),
                (STRANGER, [DOOR, OPERATOR], "DELETE", "/jails/web", 403),
                (STRANGER, [DOOR, OPERATOR], "GET", "/tokens", 403),
                (0, [], "GET", "/tokens", 200)):
            self.assertEqual(as_user(self.jaild, uid, groups, method, path), expected, (uid, groups, method, path))


@unittest.skipUnless(os.geteuid() == 0, "the configuration file must be root's")
class Configured(unittest.TestCase):
    def test_the_configuration_maps_users_and_groups_to_roles(self):
        jaild = Jaild("sim", start=False)
        file = jaild.dir / "jaild.conf"
        jaild.arguments = ["--config", str(file)]
        check = [str(BIN / "jaild"), *jaild.arguments, "--check"]
        right = f"viewer_user = {VIEWER}, daemon;\noperator_group = {OPERATOR};\nsocket_group = {DOOR};\n"
        try:
            file.write_text(right + 'admin_user = no-such-user;\nlisten = "127.0.0.1:8080,connections=0";\n')
            done = subprocess.run(check, capture_output=True, text=True, check=False, timeout=30)
            self.assertEqual(done.returncode, 2)
            self.assertIn("--admin-user: there is no user no-such-user", done.stderr)
            self.assertIn("--listen: connections must be a number", done.stderr)
            file.write_text(right)
            jaild.dir.chmod(0o755)
            jaild.start()
            self.assertEqual(as_user(jaild, VIEWER, [DOOR], "GET", "/jails"), 200)
            self.assertEqual(as_user(jaild, VIEWER, [DOOR], "POST", "/jails/web/stop"), 403)
            self.assertEqual(as_user(jaild, STRANGER, [DOOR, OPERATOR], "POST", "/jails/web/stop"), 404)
        finally:
            if jaild.process:
                jaild.close()
            else:
                shutil.rmtree(jaild.dir)


class InAJail(JaildTest):
    """A jail with path=/ sees the socket, and its root has uid 0."""
    host = "linux"

    def test_root_of_a_jail_has_no_role(self):
        answer = self.jaild.dir / "answer"
        script = self.jaild.dir / "ask.py"
        script.write_text(ASKING)
        asking = f"{sys.executable} -I {script} {self.jaild.socket} >{answer} 2>&1"
        self.declare("inside", {"params": {"path": "/", "ip4": "inherit", "exec.start": [asking], "persist": True}})
        uid, status, body = json.loads(until(30, answer.read_text, "the jail asked"))
        self.assertEqual((uid, status), (0, 403), body)
        self.assertEqual(json.loads(body)["type"], "urn:jaild:problem:forbidden")
        self.assertIn("jail", json.loads(body)["detail"])
        self.erase("inside")


class Tokens(JaildTest):
    port = free_port()
    tcp = (f"127.0.0.1:{port}",)

    def tcp_call(self, method, path, token=None, body=None, **headers):
        """Status, headers (lower case) and body of one request over TCP."""
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        if token:
            fields["Authorization"] = "Bearer " + token
        if body is not None:
            fields["Content-Type"] = "application/json"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        return ask(connection, method, path, None if body is None else json.dumps(body), fields)

    def make(self, name, role, *more):
        done = self.jaild.jailctl("token", "create", name, "--role", role, *more)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.strip()

    def listed(self):
        done = self.jaild.jailctl("-o", "json", "token", "ls")
        self.assertEqual(done.returncode, 0, done.stderr)
        return {each["name"]: each for each in json.loads(done.stdout)["items"]}

    def test_roles_of_tokens(self):
        self.declare("web", self.spec())
        tokens = {role: self.make("roles-" + role, role) for role in ("viewer", "operator", "admin")}
        for role, method, path, body, expected in (
                (None, "GET", "/livez", None, 200), (None, "GET", "/jails", None, 401),
                ("viewer", "GET", "/jails", None, 200), ("viewer", "POST", "/jails/web/start", None, 403),
                ("operator", "POST", "/jails/web/start", None, 200), ("operator", "GET", "/tokens", None, 403),
                ("operator", "POST", "/jails", {"name": "x", "spec": self.spec()}, 403),
                ("admin", "POST", "/jails", {"name": "x", "spec": self.spec()}, 201), ("admin", "GET", "/tokens", None, 200)):
            status, headers, answer = self.tcp_call(method, path, tokens.get(role), body)
            self.assertEqual(status, expected, (role, method, path, answer))
            if status in (401, 403):
                self.assertTrue(headers["www-authenticate"].startswith('Bearer realm="jaild"'), headers)
        self.assertEqual(self.tcp_call("GET", "/jails", tokens["viewer"] + "0")[0], 401)
        self.assertEqual(self.tcp_call("GET", "/jails", tokens["viewer"], Origin="http://localhost")[0], 403)
        self.assertEqual(self.tcp_call("GET", "/jails", tokens["viewer"], Host="evil.example")[0], 421)
        self.assertEqual(self.tcp_call("GET", "/jails", tokens["viewer"], Sec_Fetch_Site="cross-site")[0], 403)

    def test_a_token_is_shown_once_kept_as_a_hash_and_gone_when_removed(self):
        secret = self.make("once", "viewer", "--expires", "3600")
        self.assertRegex(secret, r"^jaild_[0-9a-f]{12}_[0-9a-f]{64}$")
        token = self.listed()["once"]
        self.assertEqual((token["role"], token["created_by"]), ("viewer", f"uid {os.geteuid()}"))
        self.assertIn("expires_at", token)
        self.assertNotIn("last_used_at", token)
        self.assertEqual(self.tcp_call("GET", "/jails", secret)[0], 200)
        self.assertIn("last_used_at", self.listed()["once"])
        self.jaild.kill()
        self.jaild.start()
        self.assertEqual(self.tcp_call("GET", "/jails", secret)[0], 200, "outlives the daemon")
        self.assertEqual(self.listed()["once"]["id"], token["id"])
        hidden = secret.rsplit("_", 1)[1].encode()
        for path in self.jaild.dir.rglob("*"):
            if path.is_file():
                self.assertNotIn(hidden, path.read_bytes(), path)
        self.assertEqual(self.jaild.jailctl("token", "rm", token["id"]).returncode, 0)
        self.assertNotIn("once", self.listed())
        self.assertEqual(self.tcp_call("GET", "/jails", secret)[0], 401)
        self.assertEqual(self.jaild.jailctl("token", "rm", token["id"]).returncode, 4)

    def test_a_silent_stream_ends_with_its_token(self):
        self.declare("silent", self.spec())
        for path in ("/jails/silent/log?follow=1&tail=0", "/events"):
            for lifetime in (None, 2):
                body = {"name": f"reader{lifetime}", "role": "viewer", **({"expires_in_seconds": lifetime} if lifetime else {})}
                made = self.jaild.call("POST", "/tokens", body)[1]
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
                self.addCleanup(connection.close)
                connection.request("GET", path, headers={"Authorization": f"Bearer {made['secret']}"})
                stream = connection.getresponse()
                self.assertEqual(stream.status, 200)
                if not lifetime:
                    self.assertEqual(self.jaild.call("DELETE", f"/tokens/{made['id']}")[0], 204)
                began = time.monotonic()
                try:
                    while stream.read1():
                        pass
                except http.client.IncompleteRead:
                    pass  # a log is chunked, and not whole
                self.assertLess(time.monotonic() - began, 5, (path, lifetime))
                self.jaild.call("DELETE", f"/tokens/{made['id']}")
        self.erase("silent")

    def test_jailctl_over_tcp_takes_the_token_from_a_file(self):
        file = self.jaild.dir / "operator.token"
        self.make("ops", "operator", "--out", str(file))
        self.assertEqual(stat.S_IMODE(file.stat().st_mode), 0o600)
        self.declare("tcp", self.spec())

        def jailctl(*arguments, token=str(file)):
            return subprocess.run([str(BIN / "jailctl"), "--url", f"http://127.0.0.1:{self.port}", *arguments], text=True,
                                  env={**os.environ, "JAILD_TOKEN_FILE": token}, capture_output=True, check=False, timeout=60)
        self.assertEqual(jailctl("down", "tcp").returncode, 0)
        self.assertEqual(jailctl("rm", "--yes", "tcp").returncode, 7, "not authorised")
        file.write_text("jaild_000000000000_" + "0" * 64 + "\n")
        self.assertEqual(jailctl("ls").returncode, 7)

    def test_every_change_says_who_from_where_what_and_which_generation(self):
        log = self.jaild.dir / "log" / "jaild.log"
        token = self.make("audit", "admin")
        token_id = self.listed()["audit"]["id"]
        by_hand = f'by="uid {os.geteuid()}" '
        from_here = r'from="unix pid \d+" '
        self.assertRegex(log.read_text(), f"event=token.created {by_hand}{from_here}name=audit role=admin token={token_id} ")
        steps = [("POST", "/jails", {"name": "seen", "spec": self.spec()}, "declared", "declare", 1),
                 ("PATCH", "/jails/seen", {"spec": {"priority": 7}}, "changed", "replace", 2),
                 ("PUT", "/jails/seen", {"spec": self.spec(priority=8)}, "changed", "replace", 3),
                 ("POST", "/jails/seen/stop", None, "changed", "stop", 3),
                 ("POST", "/jails/seen/start?wait=60", None, "changed", "start", 3),
                 ("POST", "/jails/seen/restart", None, "changed", "restart", 3),
                 ("POST", "/jails/seen/rollback?to=1", None, "changed", "replace", 4),
                 ("DELETE", "/jails/seen?wait=60", None, "changed", "delete", 4)]
        for method, path, value, event, action, generation in steps:
            before = log.stat().st_size
            status, _, answer = self.tcp_call(method, path, token, value)
            self.assertIn(status, (200, 201, 202, 204), answer)
            lines = log.read_bytes()[before:].decode().splitlines()
            line = next((each for each in lines if f"event=jail.{event} jail=seen action={action} " in each), None)
            self.assertIsNotNone(line, (method, path, lines))
            self.assertIn(f'by="token audit ({token_id})" ', line)
            self.assertRegex(line, r"from=127\.0\.0\.1:\d+ ")
            self.assertIn(f"generation={generation} ", line)
        self.declare("by-hand", self.spec())
        self.assertRegex(log.read_text(), f"event=jail.declared jail=by-hand action=declare .*{by_hand}.*{from_here}")
        _, _, events = self.jaild.raw("GET", "/events?jail=seen", headers={"Accept": "application/json"})
        told = [each["data"]["action"] for each in json.loads(events)["items"] if "from" in each.get("data", {})]
        self.assertEqual(told, [action for *_, action, _ in steps], "the events tell the same")
        self.assertNotIn(token.rsplit("_", 1)[1], log.read_text())


class Options(unittest.TestCase):
    def refused(self, *arguments):
        """What jaild says of a command line that it does not start with."""
        jaild = Jaild("sim", arguments=arguments, start=False)
        try:
            jaild.start(wait=False)
            self.assertEqual(jaild.process.wait(30), 1, arguments)
            return jaild.log()
        finally:
            if jaild.process.poll() is None:
                jaild.kill()
            shutil.rmtree(jaild.dir)

    def test_an_address_that_others_reach_is_refused_and_says_what_to_do(self):
        for address in ("0.0.0.0:8080", "192.0.2.1:8080", "[::]:8080", "[2001:db8::1]:8080"):
            for option in ("--listen", "--metrics-listen"):
                self.assertRegex(self.refused(option, address), f"{option}.* through ssh -L or a proxy with TLS")

    def test_a_user_a_group_or_a_limit_that_is_not_there_is_named(self):
        self.assertIn("--viewer-user: there is no user no-such-user", self.refused("--viewer-user", "no-such-user"))
        self.assertIn("--admin-group: there is no group no-such-group", self.refused("--admin-group", "no-such-group"))
        self.assertIn("--socket-group: there is no group nobody-here", self.refused("--socket-group", "nobody-here"))
        self.assertIn("connections must be a number", self.refused("--listen", "127.0.0.1:8080,connections=0"))
        self.assertIn("'speed=9' is no limit", self.refused("--listen", "127.0.0.1:8080,speed=9"))


if __name__ == "__main__":
    unittest.main()
