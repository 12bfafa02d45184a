"""That an answer which is not as openapi/jaild.yaml says is noticed: else the other tests would prove nothing."""
import json
import unittest

import contract

STATUS = {"state": "running", "reason": "", "ready": True, "observed_generation": 1, "restarts": 0, "pending": [],
          "drift": [], "steps": []}
JSON = {"content-type": "application/json"}
PROBLEM = {"content-type": "application/problem+json"}


def listed(**more):
    return json.dumps({"items": [{"name": "web", "status": {**STATUS, **more}}], "event": 3}).encode()


def problem(status, **more):
    return json.dumps({"type": "urn:jaild:problem:not-found", "title": "Not found", "status": status, **more}).encode()


class Contract(unittest.TestCase):
    def test_what_the_document_says_passes(self):
        contract.check("GET", "/jails?limit=5", 200, JSON, listed(started_at="2026-01-31T12:00:00Z"))
        contract.check("HEAD", "/jails", 200, JSON, b"")
        contract.check("GET", "/jails/web", 404, PROBLEM, problem(404))
        contract.check("GET", "/no/such/path", 404, PROBLEM, problem(404))
        contract.check("GET", "/jails/web/log", 200, {"content-type": "text/plain; charset=utf-8"}, b"a line\n")
        contract.check("DELETE", "/jails/web", 204, {}, b"")

    def test_anything_else_does_not(self):
        for what, method, target, status, headers, body in (
                ("a code", "GET", "/jails", 202, JSON, listed()),
                ("a code of a path that is not there", "GET", "/no/such/path", 200, JSON, b"{}"),
                ("a media type", "GET", "/jails", 200, {"content-type": "text/html"}, listed()),
                ("no body", "GET", "/jails", 200, JSON, b""),
                ("a state", "GET", "/jails", 200, JSON, listed(state="odd")),
                ("a type", "GET", "/jails", 200, JSON, listed(restarts="0")),
                ("null", "GET", "/jails", 200, JSON, listed(jid=None)),
                ("a time", "GET", "/jails", 200, JSON, listed(started_at="yesterday")),
                ("a member that is not there", "GET", "/jails", 200, JSON, b'{"items": []}'),
                ("a member too many", "GET", "/jails", 200, JSON, listed(colour="red")),
                ("one at the top", "GET", "/livez", 200, JSON, b'{"status": "ok", "more": 1}'),
                ("a problem with another status", "GET", "/jails/web", 404, PROBLEM, problem(409)),
                ("a problem with more", "GET", "/jails/web", 404, PROBLEM, problem(404, stack="here")),
                ("a retry of words", "POST", "/jails", 503, {**PROBLEM, "retry-after": "soon"}, problem(503)),
                ("a line of a log", "GET", "/jails/web/log", 200, {"content-type": "application/x-ndjson"}, b'{"at": 1}\n'),
                ("an event", "GET", "/events", 200, {"content-type": "text/event-stream"}, b'data: {"id": "1"}\n\n')):
            with self.subTest(what), self.assertRaises((AssertionError, ValueError)):
                contract.check(method, target, status, headers, body)


if __name__ == "__main__":
    unittest.main()
