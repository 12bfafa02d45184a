"""Events: on the disk before anybody hears them, whatever else is written, and the same after a kill -9."""
import json

from harness import JaildTest, UnixConnection, until


class Events(JaildTest):
    def listed(self):
        _, _, body = self.jaild.raw("GET", "/events?after=0", headers={"Accept": "application/json"})
        return [(each["id"], each["type"]) for each in json.loads(body)["items"]]

    def types(self):
        return [kind for _, kind in self.listed()]

    def last(self):
        return self.jaild.call("GET", "/jails")[1]["event"]

    def test_a_start_of_jaild_is_listed_though_nobody_writes(self):
        until(5, lambda: "daemon.started" in self.types(), "daemon.started is listed")

    def test_what_no_write_goes_with_is_listed_and_outlives_a_kill(self):
        health = {"exec": "true", "interval_seconds": 1, "failures": 1, "on_failure": "none"}
        self.declare("web", self.spec(health=health))
        until(10, lambda: "jail.ready" in self.types(), "jail.ready is listed, and nothing else was written")
        before = self.listed()
        self.assertEqual(before[-1][0], self.last(), "GET /jails tells of the last event that the list has")
        self.jaild.kill()
        self.jaild.start()
        after = self.listed()
        self.assertEqual(after[:len(before)], before, "nothing that was listed is lost or has another number")
        until(5, lambda: len(self.listed()) > len(before), "daemon.started is listed")
        numbers = [number for number, _ in self.listed()]
        self.assertEqual(numbers, sorted(set(numbers)))
        self.assertEqual(self.listed()[len(before)][1], "daemon.started")

    def test_a_follower_hears_only_what_the_list_has(self):
        connection = UnixConnection(self.jaild.socket, 20)
        connection.request("GET", "/events?after=0")
        stream = connection.getresponse()
        self.declare("quick", self.spec())
        heard = []
        while "jail.started" not in [kind for _, kind in heard]:
            line = stream.readline().decode()
            if line.startswith("data: "):
                event = json.loads(line[6:])
                heard.append((event["id"], event["type"]))
                self.assertIn(heard[-1], self.listed())
        self.assertEqual([number for number, _ in heard], sorted({number for number, _ in heard}))
        connection.close()
