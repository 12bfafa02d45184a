"""What jaild publishes, read by the programs that it is made for: Debian's promtool and Prometheus."""
import re
import subprocess
import unittest

from harness import JaildTest, free_port, until
from prometheus import (ALERTS, ROOT, Prometheus, dashboard_expressions, find_program, metric_names, names_in)


def needs(program):
    return unittest.skipUnless(find_program(program), f"needs Debian's prometheus package: there is no {program}")


def promtool(*arguments, text=None):
    return subprocess.run([find_program("promtool"), *arguments], input=text, capture_output=True, text=True, timeout=120, check=False)


class Rules(unittest.TestCase):
    @needs("promtool")
    def test_every_alert_fires_and_is_silent_when_it_should(self):
        result = promtool("test", "rules", str(ROOT / "tests" / "prometheus" / "alerts_test.yml"))
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_every_alert_has_its_test(self):
        tested = set(re.findall(r"alertname: (\w+)", (ROOT / "tests" / "prometheus" / "alerts_test.yml").read_text()))
        alerts = re.findall(r"- alert: (\w+)", ALERTS.read_text())
        self.assertEqual(len(alerts), 11)
        self.assertEqual(tested, set(alerts))


class Observed:
    """The tests proper; below for each host."""
    limits = ["memoryuse:deny=64m", "maxproc:deny=50", "openfiles:log=200/process"]

    @classmethod
    def setUpClass(cls):
        cls.port = free_port()
        cls.arguments = ("--metrics-listen", f"127.0.0.1:{cls.port}")
        super().setUpClass()

    def setUp(self):
        self.declare("web", self.spec(rctl=self.limits))
        self.declare("job", self.spec("false", restart={"policy": "on-failure", "delay_seconds": 1, "limit": 1}))
        self.declare("off", self.spec(), desired="stopped")
        until(30, lambda: self.jaild.status("job")["state"] == "failed", "the job is given up")
        until(30, lambda: self.jaild.status("web")["state"] == "running", "the jail runs")

    def tearDown(self):
        self.erase("web", "job", "off")

    def scrape(self):
        status, headers, body = self.jaild.raw("GET", "/metrics")
        self.assertEqual(status, 200)
        self.assertEqual(headers["content-type"], "text/plain; version=0.0.4; charset=utf-8")
        return body.decode()

    @needs("promtool")  # R11.4
    def test_promtool_has_no_complaint(self):
        result = promtool("check", "metrics", text=self.scrape())
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))

    def test_alerts_and_dashboard_name_metrics_that_exist(self):
        # Rates come with the second reading, at least a second after the first.
        until(10, lambda: "jaild_jail_cpu_usage_ratio" in metric_names(self.scrape()), "rates are there")
        names = metric_names(self.scrape()) | {"up"}
        expressions = re.findall(r"expr: (?:>-\n)?(.*(?:\n          .*)*)", ALERTS.read_text())
        self.assertEqual(len(expressions), 11)
        for title, expression in [("alerts.yml", each) for each in expressions] + dashboard_expressions():
            wanted = names_in(expression)
            self.assertTrue(wanted, f"{title}: no metric in {expression}")
            missing = wanted - names - self.not_on_this_host
            self.assertFalse(missing, f"{title}: {expression}")

    @needs("prometheus")
    def test_prometheus_scrapes_it_and_answers_the_alert_rules(self):
        prometheus = Prometheus({"jaild": f"127.0.0.1:{self.port}"})
        try:
            until(60, lambda: [t["health"] for t in prometheus.targets()] == ["up"], f"a scrape succeeds; {prometheus.targets()}")
            until(60, lambda: ("JailNotRunning", "job", "pending") in prometheus.alerts(), "the job is missed")
            self.assertIn(("JailGivenUp", "job", "pending"), prometheus.alerts())
            self.assertEqual({name for name, _, _ in prometheus.alerts()}, {"JailNotRunning", "JailGivenUp"})
            rules = until(60, lambda: all(r["lastEvaluation"] > "0001-01-02" for r in prometheus.rules()) and prometheus.rules(),
                          "every rule was evaluated")
            self.assertEqual([r["lastError"] for r in rules if r["health"] != "ok"], [])
            self.assertEqual(len(rules), 11)
            self.check_values(prometheus)
            for title, expression in dashboard_expressions():
                text = expression.replace("$instance", ".*").replace("$jail", ".*")
                self.assertIsInstance(prometheus.query(text), list, title)
        finally:
            prometheus.close()

    def check_values(self, prometheus):
        def value(expression):
            result = prometheus.query(expression)
            return float(result[0]["value"][1]) if len(result) == 1 else None

        self.assertEqual(value('jaild_jails{state="running"}'), 1)
        self.assertEqual(value('jaild_jail_limit{jail="web",resource="memoryuse",action="deny"}'), 64 * 2**20)
        self.assertGreater(value('jaild_jail_limit_usage_ratio{jail="web",resource="maxproc"}'), 0)
        self.assertEqual(value('jaild_jail_last_exit_code{jail="job"}'), 1)
        self.assertEqual(value('jaild_jail_restarts_total{jail="job",reason="exit"}'), 1)
        self.assertEqual(value('jaild_jail_state{jail="off",state="stopped"}'), 1)
        self.assertEqual(value("jaild_collect_errors"), 0)
        self.assertGreaterEqual(value('jaild_jail_processes{jail="web"}'), 1)

    def test_a_deleted_jail_is_gone_from_the_next_scrape(self):
        self.declare("short", self.spec(), desired="stopped")
        self.assertIn('jail="short"', self.scrape())
        self.erase("short")
        until(10, lambda: self.jaild.status("short") is None, "it is deleted")
        self.assertNotIn('jail="short"', self.scrape())


class OnSim(Observed, JaildTest):
    not_on_this_host = frozenset()


class OnLinux(Observed, JaildTest):
    host = "linux"
    limits = ["memoryuse:deny=64m", "maxproc:deny=50"]
    # Swap is counted where the kernel was booted with swap accounting.
    not_on_this_host = frozenset({"jaild_jail_swap_bytes"})


if __name__ == "__main__":
    unittest.main()
