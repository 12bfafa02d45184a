"""Many jails in one transaction: jailctl plan and apply against the real daemon."""
import json
import threading
import time
import unittest

from harness import Jaild, JaildTest

NOTHING, CHANGES, TROUBLE = 0, 1, 2  # exit codes of jailctl plan


class Sets(JaildTest):
    """On the sim host; Linux runs the same below."""

    def setUp(self):
        self.files = self.jaild.dir / "files"
        self.files.mkdir(exist_ok=True)
        for old in self.files.iterdir():
            old.unlink()

    def write(self, name, content):
        (self.files / name).write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return str(self.files / name)

    def jail(self, name, label="shop", depend=(), **more):
        params = {"path": getattr(self, "root", "/jail"), **({"depend": list(depend)} if depend else {})}
        return {"name": name, "spec": {"params": params, "command": "sleep 1000000", "labels": {"set": label}, **more}}

    def plan(self, *arguments):
        done = self.jaild.jailctl("-o", "json", "plan", "-f", str(self.files), *arguments)
        changes = json.loads(done.stdout)["items"] if done.stdout else []
        return done.returncode, [(each["jail"], each["action"]) for each in changes], done.stderr

    def apply(self, *arguments):
        done = self.jaild.jailctl("apply", "-f", str(self.files), *arguments)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done

    def names(self, label):
        items = self.jaild.call("GET", f"/jails?label=set={label}")[1]["items"]
        return sorted(each["name"] for each in items)

    def jid(self, name):
        return self.jaild.status(name)["jid"]

    def test_plan_apply_plan_change_and_prune(self):
        self.write("web.json", self.jail("web", depend=["db"]))
        self.write("db.json", {"jails": [self.jail("db"), self.jail("cache")]})
        code, changes, _ = self.plan()
        self.assertEqual(code, CHANGES)
        self.assertEqual(changes, [(name, what) for name in ("cache", "db", "web") for what in ("create", "start")])
        self.assertEqual(self.names("shop"), [], "a plan writes nothing")

        self.apply()
        self.assertEqual({self.jaild.status(name)["state"] for name in ("cache", "db", "web")}, {"running"})
        self.assertEqual(self.plan()[:2], (NOTHING, []))

        jids = [self.jid("web"), self.jid("db")]
        self.write("web.json", self.jail("web", depend=["db"], rctl=["maxproc:deny=50"]))
        self.assertEqual(self.plan()[:2], (CHANGES, [("web", "live")]))
        self.apply()
        self.assertEqual([self.jid("web"), self.jid("db")], jids, "a live change restarts nothing")
        self.assertEqual(self.plan()[0], NOTHING)

        self.write("web.json", self.jail("web", depend=["db"], command="sleep 2000000"))
        self.assertEqual(self.plan("--no-restart")[1], [("web", "live"), ("web", "pending")])
        self.assertEqual(self.plan()[1], [("web", "live"), ("web", "restart"), ("web", "stop"), ("web", "start")])
        self.apply()
        self.assertEqual(self.jid("db"), jids[1])
        self.assertEqual(self.jaild.status("web").get("pending", []), [])

        (self.files / "web.json").unlink()
        self.assertEqual(self.plan()[0], NOTHING, "without --prune what is gone from the files stays")
        self.assertEqual(self.plan("--prune")[1], [("web", "stop"), ("web", "delete")])
        refused = self.jaild.jailctl("apply", "-f", str(self.files), "--prune")
        self.assertEqual(refused.returncode, 2, "off a terminal it needs --yes")
        self.assertIn("web", refused.stderr)
        self.assertEqual(self.names("shop"), ["cache", "db", "web"])
        self.apply("--prune", "--yes")
        self.assertEqual(self.names("shop"), ["cache", "db"])
        self.erase("cache", "db")

    def test_one_mistake_and_nothing_of_the_set_holds_P10(self):
        self.write("a.json", self.jail("good", "bad-set"))
        self.write("b.json", self.jail("bad", "bad-set", depend=["nobody"], cpuset="0-99"))
        before = self.jaild.call("GET", "/jails")[1]["event"] if self.host == "sim" else None
        code, changes, said = self.plan()
        self.assertEqual((code, changes), (TROUBLE, []))
        done = self.jaild.jailctl("apply", "-f", str(self.files))
        self.assertEqual(done.returncode, 2)
        for text in (said, done.stderr):
            self.assertIn("b.json:1:", text)
            self.assertIn("no jail is called nobody", text)
            self.assertIn("cpuset", text)
            self.assertNotIn("a.json", text)
        self.assertEqual(self.names("bad-set"), [])
        if before is not None:
            self.assertEqual(self.jaild.call("GET", "/jails")[1]["event"], before)

    def test_who_sends_many_sets_at_once_is_told_to_wait(self):
        jails = [self.jail(f"many{i}", depend=[f"many{i - 1}"] if i else []) for i in range(1500)]
        answers = []

        def plan():
            status, headers, body = self.jaild.raw("POST", "/plan", json.dumps({"jails": jails}),
                                                   {"Content-Type": "application/json"})
            answers.append((status, "retry-after" in headers, len(json.loads(body).get("items", []))))
            return status

        threads = [threading.Thread(target=plan) for _ in range(30)]
        for each in threads:
            each.start()
        self.assertEqual(self.jaild.call("GET", "/jails")[0], 200)
        for each in threads:
            each.join()
        self.assertEqual(set(answers), {(200, False, 3000), (503, True, 0)})
        self.assertEqual(plan(), 200)

    def test_a_jail_conf_is_a_set_too(self):
        conf = "\n".join([
            "exec.clean;",
            f'path = "{getattr(self, "root", "/jail")}";',
            'confdb { exec.start = "true"; persist; }',
            'confweb { exec.start = "true"; persist; depend = confdb; }', ""])
        self.write("jails.conf", conf)
        self.assertEqual(self.plan()[1], [(name, what) for name in ("confdb", "confweb") for what in ("create", "start")])
        self.apply()
        self.assertEqual(self.plan()[0], NOTHING)
        self.write("jails.conf", conf.replace("persist; depend", "persist; nosuch = 1; depend"))
        code, _, said = self.plan()
        self.assertEqual(code, TROUBLE)
        self.assertIn("jails.conf:4:", said)
        self.erase("confweb", "confdb")

    def test_up_n_shows_the_steps_of_one_start_in_order_and_does_none(self):
        self.declare("stepdb", self.jail("stepdb")["spec"], desired="stopped")
        spec = self.jail("stepweb", depend=["stepdb"], rctl=["maxproc:deny=50"])["spec"]
        spec["params"]["exec.prestart"] = ["true prestart"]
        self.declare("stepweb", spec, desired="stopped")
        done = self.jaild.jailctl("up", "-n", "stepweb")
        self.assertEqual(done.returncode, 0, done.stderr)
        first, second = done.stdout.split("stepweb: start")
        self.assertIn("stepdb: start", first)
        parts = ["exec.prestart  true prestart", "create", "rctl  maxproc:deny=50", "command  sleep 1000000"]
        places = [second.find(part) for part in parts]
        self.assertNotIn(-1, places, done.stdout)
        self.assertEqual(places, sorted(places), done.stdout)
        self.assertEqual(self.jaild.status("stepweb")["state"], "stopped")
        self.erase("stepweb", "stepdb")


class SetsOnLinux(Sets):
    host = None


class Killed(unittest.TestCase):
    """kill -9 of jaild at some moment of an apply: afterwards all of the set is there, or nothing of it (P1)."""
    size = 50

    def setUp(self):
        self.jaild = Jaild("sim")
        self.addCleanup(self.jaild.close)

    def one(self, number, delay):
        body = {"jails": [{"name": f"s{number}x{i}", "desired": "stopped",
                           "spec": {"params": {"path": "/jail"}, "command": "sleep 9", "labels": {"set": f"s{number}"}}}
                          for i in range(self.size)]}
        codes = []

        def ask():
            try:
                codes.append(self.jaild.call("POST", "/apply", body)[0])
            except (OSError, ValueError):
                pass  # it died before it answered

        asking = threading.Thread(target=ask)
        asking.start()
        began = time.monotonic()
        asking.join(delay)  # the moment of the kill is what the test varies; None: once it is answered
        took = time.monotonic() - began
        self.jaild.kill()
        asking.join()
        self.jaild.start()
        found = len(self.jaild.call("GET", f"/jails?label=set=s{number}")[1]["items"])
        self.assertIn(found, (0, self.size))
        if codes:
            self.assertIn(codes[0], (200, 202))
            self.assertEqual(found, self.size, "it was answered")
        self.assertTrue(codes or delay is not None)
        return took

    def test_a_set_is_never_split(self):
        took = self.one(0, None)
        for number in range(1, 16):
            self.one(number, took * number / 10)


if __name__ == "__main__":
    unittest.main()
