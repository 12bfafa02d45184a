"""The HTTP interface of the real daemon, on the sim host: good requests and bad ones."""
import json
import signal

from harness import JaildTest, until


class Declaring(JaildTest):
    def bad(self, body, status, *pointers, content_type="application/json"):
        data = body if isinstance(body, (str, bytes)) else json.dumps(body)
        before = self.names()
        code, headers, answer = self.jaild.raw("POST", "/jails", data, {"Content-Type": content_type})
        problem = json.loads(answer)
        self.assertEqual(code, status, problem)
        self.assertEqual(headers["content-type"], "application/problem+json")
        self.assertTrue(problem["detail"], problem)
        found = [each["pointer"] for each in problem.get("errors", [])]
        for pointer in pointers:
            self.assertIn(pointer, found, problem)
        self.assertEqual(self.names(), before, "nothing is stored")
        return problem

    def names(self):
        return [(each["name"], each["generation"]) for each in self.jaild.call("GET", "/jails")[1]["items"]]

    def test_declared_then_taken(self):
        code, headers, _ = self.jaild.raw("POST", "/jails", json.dumps({"name": "web", "spec": self.spec()}),
                                          {"Content-Type": "application/json"})
        self.assertEqual(code, 201)
        self.assertEqual(headers["location"], "/jails/web")
        self.assertEqual(headers["etag"], '"1"')
        self.bad({"name": "web", "spec": self.spec()}, 409)

    def test_four_mistakes_are_four_pointers_P10(self):
        problem = self.bad({"name": "four", "spec": {"params": {"path": "relative", "securelevel": "high", "nosuch": 1},
                                                     "command": "x", "priority": 100}}, 422,
                           "/spec/params/path", "/spec/params/securelevel", "/spec/params/nosuch", "/spec/priority")
        self.assertEqual(len(problem["errors"]), 4)

    def test_names(self):
        for name in ("a b", "", "12", "-a", "a/b", "a:b", "x" * 64, "é", 5, None, ["a"]):
            self.bad({"name": name, "spec": self.spec()}, 422, "/name")

    def test_bodies_that_are_no_jail(self):
        self.bad("{", 400)
        self.bad('{"name":"a","name":"b"}', 400)
        self.bad(b'\xff{"name"', 400)
        self.bad("[" * 100000, 400)
        self.bad("[]", 422)
        self.bad("null", 422)
        self.bad({"name": "a", "spec": self.spec(), "extra": 1}, 422, "/extra")
        self.bad({"name": "a"}, 422, "/spec")
        self.bad(json.dumps({"name": "a", "spec": self.spec()}), 415, content_type="text/plain")

    def test_a_large_body_is_answered_not_cut(self):
        self.bad(json.dumps({"name": "a", "spec": self.spec(command="x" * 2_000_000)}), 413)

    def test_wrong_types_anywhere(self):
        spec = self.spec()
        for field, value in (("params", 1), ("command", 1), ("rctl", "x"), ("rctl", [1]), ("cpuset", 1), ("restart", []),
                             ("autostart", "yes"), ("priority", "1"), ("priority", 1.5), ("labels", []), ("health", 1)):
            code, body = self.jaild.call("POST", "/jails", {"name": "a", "spec": {**spec, field: value}})
            self.assertEqual(code, 422, (field, body))
            self.assertTrue(body["errors"][0]["pointer"].startswith(f"/spec/{field}"), body)

    def test_values_that_the_kernel_would_refuse(self):
        rows = [
            ({"params": {"ip4.addr": "em0|300.1.2.3"}}, "/spec/params/ip4.addr"),
            ({"params": {"ip6.addr": ["em0|1.2.3.4"]}}, "/spec/params/ip6.addr/0"),
            ({"params": {"vnet": "new", "ip4.addr": ["em0|10.0.0.1"]}}, "/spec/params/ip4.addr"),
            ({"rctl": ["cputime:deny=5"]}, "/spec/rctl/0"),
            ({"rctl": ["nthr:deny=5", "bogus:deny=1"]}, "/spec/rctl/1"),
            ({"rctl": ["nthr:deny=-1"]}, "/spec/rctl/0"),
            ({"cpuset": "0-99"}, "/spec/cpuset"),
            ({"cpuset": "3-1"}, "/spec/cpuset"),
            ({"params": {"depend": ["nobody"]}}, "/spec/params/depend/0"),
            ({"params": {"depend": ["a"]}}, "/spec/params/depend"),
            ({"restart": {"delay_seconds": 10, "max_delay_seconds": 5}}, "/spec/restart"),
            ({"command": None}, "/spec/command"),
        ]
        for more, pointer in rows:
            spec = self.spec()
            spec = {**spec, **more, "params": {**spec["params"], **more.get("params", {})}}
            code, body = self.jaild.call("POST", "/jails", {"name": "a", "spec": spec})
            self.assertEqual(code, 422, (more, body))
            self.assertTrue(any(each["pointer"].startswith(pointer) for each in body["errors"]), (pointer, body))
        self.assertEqual(self.jaild.call("GET", "/jails/a")[0], 404)

    def test_every_mistake_of_supervision_has_its_pointer_P10(self):
        self.bad({"name": "wrong", "spec": self.spec(
            restart={"delay_seconds": 600, "max_delay_seconds": 300}, priority=100,
            health={"tcp": "127.0.0.1:80", "http": "http://127.0.0.1/"}, params={"depend": ["nobody"]})}, 422,
            "/spec/restart/delay_seconds", "/spec/priority", "/spec/health/http", "/spec/params/depend/0")
        self.bad({"name": "wrong", "spec": self.spec(health={"http": "no url"})}, 422, "/spec/health/http")
        self.bad({"name": "wrong", "spec": self.spec(params={"depend": ["nobody", "no-one"]})}, 422,
                 "/spec/params/depend/0", "/spec/params/depend/1")
        self.bad({"name": "wrong", "spec": self.spec(params={"depend": ["wrong"]})}, 422, "/spec/params/depend")

    def test_there_is_nothing_to_adopt_but_foreign_jails(self):
        self.assertEqual(self.jaild.call("POST", "/jails/nobody/adopt")[0], 404)
        self.declare("mine", self.spec(), desired="stopped")
        self.assertEqual(self.jaild.call("POST", "/jails/mine/adopt")[0], 409)
        self.jaild.call("DELETE", "/jails/mine?wait=10")

    def test_a_loop_over_three_is_spelled_out_R6_2(self):
        self.declare("l1", self.spec(), desired="stopped")
        self.declare("l2", self.spec(params={"depend": ["l1"]}), desired="stopped")
        self.declare("l3", self.spec(params={"depend": ["l2"]}), desired="stopped")
        code, body = self.jaild.call("PATCH", "/jails/l1", {"spec": {"params": {"depend": ["l3"]}}})
        self.assertEqual(code, 422, body)
        self.assertIn("l1 -> l3 -> l2 -> l1", body["errors"][0]["detail"])
        self.assertEqual(self.jaild.call("GET", "/jails/l1")[1]["generation"], 1)

    def test_what_get_gave_can_be_sent_back(self):
        self.declare("round", self.spec(rctl=["memoryuse:deny=2G"], cpuset="0-1,3", labels={"a": "b"}))
        code, jail = self.jaild.call("GET", "/jails/round")
        self.assertEqual(code, 200)
        code, again = self.jaild.call("PUT", "/jails/round", jail)
        self.assertEqual((code, again["generation"]), (200, 1))
        self.assertEqual(again["spec"]["rctl"], ["memoryuse:deny=2G"])
        self.assertEqual(again["spec"]["cpuset"], "0-1,3")

    def test_if_match_guards_against_a_lost_update(self):
        self.declare("etag", self.spec())
        change = json.dumps({"spec": {"priority": 7}})
        headers = {"Content-Type": "application/merge-patch+json", "If-Match": '"9"'}
        self.assertEqual(self.jaild.raw("PATCH", "/jails/etag", change, headers)[0], 412)
        headers["If-Match"] = '"1"'
        code, answer, _ = self.jaild.raw("PATCH", "/jails/etag", change, headers)
        self.assertEqual((code, answer["etag"]), (200, '"2"'))

    def test_dry_run_lists_the_steps_and_changes_nothing(self):
        code, body = self.jaild.call("POST", "/jails?dry_run=1", {"name": "dry", "spec": self.spec(
            params={"exec.prestart": ["echo hello"], "mount.devfs": True})})
        self.assertIn(code, (200, 201), body)
        self.assertIn("echo hello", json.dumps(body))
        self.assertEqual(self.jaild.call("GET", "/jails/dry")[0], 404)


class Living(JaildTest):
    def test_up_down_and_already_so(self):
        self.declare("web", self.spec())
        self.assertEqual(self.jaild.status("web")["state"], "running")
        self.assertEqual(self.jaild.call("POST", "/jails/web/start")[0], 200)
        code, body = self.jaild.call("POST", "/jails/web/stop?wait=30")
        self.assertEqual((code, body["status"]["state"]), (200, "stopped"), body)
        self.assertEqual(self.jaild.call("POST", "/jails/web/stop")[0], 200)
        self.assertEqual(self.jaild.call("GET", "/jails/web/usage")[0], 409)
        self.assertEqual(self.jaild.call("GET", "/jails/web/processes")[1], {"items": []})
        self.assertEqual(self.jaild.call("DELETE", "/jails/web")[0], 204)
        self.assertEqual(self.jaild.call("GET", "/jails/web")[0], 404)

    def test_a_job_that_fails_is_retried_and_one_that_succeeds_is_done(self):
        self.declare("bad", self.spec("false", restart={"policy": "never"}))
        self.assertEqual(self.jaild.status("bad")["state"], "failed")
        self.assertEqual(self.jaild.status("bad")["last_exit"]["code"], 1)
        self.declare("good", self.spec("true"))
        self.assertEqual(self.jaild.status("good")["state"], "stopped")

    def test_usage_has_the_25_resources_of_racct(self):
        self.declare("use", self.spec(rctl=["nthr:deny=5"]))
        code, body = self.jaild.call("GET", "/jails/use/usage")
        self.assertEqual(code, 200, body)
        self.assertEqual(len(body["resources"]), 25)
        self.assertEqual([each["rule"] for each in body["limits"]], ["nthr:deny=5"])

    def test_history_keeps_every_generation(self):
        self.declare("hist", self.spec())
        self.jaild.call("PATCH", "/jails/hist", {"spec": {"priority": 1}})
        items = self.jaild.call("GET", "/jails/hist/history")[1]["items"]
        self.assertEqual(sorted(each["generation"] for each in items), [1, 2])

    def test_events_tell_the_story(self):
        self.declare("story", self.spec())
        status, _, data = self.jaild.raw("GET", "/events?jail=story", headers={"Accept": "application/json"})
        self.assertEqual(status, 200)
        types = [each["type"] for each in json.loads(data)["items"]]
        self.assertEqual(types, ["jail.declared", "jail.starting", "jail.started"])

    def test_metrics_hold_every_jail(self):
        self.declare("seen", self.spec(rctl=["memoryuse:deny=1g"]))
        _, headers, data = self.jaild.raw("GET", "/metrics")
        self.assertEqual(headers["content-type"], "text/plain; version=0.0.4; charset=utf-8")
        text = data.decode()
        self.assertIn('jaild_jail_state{jail="seen",state="running"} 1', text)
        self.assertIn('jaild_jail_limit{jail="seen",resource="memoryuse",action="deny",per="jail",unit="bytes"} 1073741824', text)
        types = [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")]
        self.assertEqual(len(types), len(set(types)), "each family once")
        self.erase("seen")
        self.assertNotIn('jail="seen"', self.jaild.raw("GET", "/metrics")[2].decode())

    def test_jailctl_exit_codes(self):
        self.assertEqual(self.jaild.jailctl("status", "nobody").returncode, 4)
        self.assertEqual(self.jaild.jailctl("frobnicate").returncode, 2)
        self.declare("code", self.spec(), desired="stopped", wait=0)
        self.assertEqual(self.jaild.jailctl("up", "code").returncode, 0)
        self.assertEqual(self.jaild.jailctl("down", "code").returncode, 0)

    def test_a_restart_of_jaild_keeps_wishes_P1(self):
        self.declare("kept", self.spec(priority=3))
        self.jaild.kill()
        self.jaild.start()
        code, jail = self.jaild.call("GET", "/jails/kept")
        self.assertEqual((code, jail["spec"]["priority"]), (200, 3))


class GoingDown(JaildTest):
    def test_the_host_goes_down_in_reverse_order_and_the_wishes_stay_R6_6(self):
        self.declare("first", self.spec())
        self.declare("second", self.spec(params={"depend": ["first"]}))
        self.jaild.process.send_signal(signal.SIGUSR2)
        until(30, lambda: self.jaild.status("first")["state"] == "stopped", "all jails are down")
        self.assertIsNone(self.jaild.process.poll(), "nobody asked jaild to end")
        self.assertEqual(self.jaild.call("POST", "/jails/second/start")[0], 200, "wished already")
        self.assertEqual(self.jaild.status("second")["state"], "stopped", "nothing starts any more")
        self.assertEqual(self.jaild.terminate(), 0)
        self.jaild.start()
        for name in ("first", "second"):
            self.assertEqual(self.jaild.call("GET", f"/jails/{name}")[1]["desired"], "running")
