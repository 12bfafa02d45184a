"""What the documents show is taken by jaild: the files of etc/examples, and the declarations in manual pages and doc/."""
import http.server
import json
import pathlib
import re
import shutil
import threading
import unittest

from harness import JaildTest, until

TREE = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = TREE / "etc" / "examples"
NOTHING, CHANGES = 0, 1  # exit codes of jailctl plan
# The model has no rc(8) and no services to connect to. What stands for rc(8) leaves a process behind, as that does.
RC, STAND_IN = '"/bin/sh /etc/rc"', '"fork 1"'
SERVICES = ('"tcp": "10.0.0.6:6379"', '"http": "http://10.0.0.7:8080/')


class Service(http.server.BaseHTTPRequestHandler):
    """What the network checks of the examples ask."""

    def do_GET(self):  # pylint: disable=invalid-name
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):  # pylint: disable=arguments-differ
        pass


def files():
    return sorted(EXAMPLES.glob("*.json")) + sorted(EXAMPLES.glob("*.conf"))


def declarations(path):
    content = json.loads(path.read_text(encoding="utf-8"))
    return content["jails"] if "jails" in content else [content]


def as_given(wanted, held):
    """`held` cut to what `wanted` writes, so that defaults which were filled in do not count."""
    if isinstance(wanted, dict) and isinstance(held, dict):
        return {key: as_given(value, held.get(key)) for key, value in wanted.items()}
    if isinstance(held, list) and isinstance(wanted, str):
        return held[0] if len(held) == 1 else held
    if held == "new" and wanted is True:
        return True
    return held


class Files(JaildTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.service = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
        threading.Thread(target=cls.service.serve_forever, daemon=True).start()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.service.shutdown()
        cls.service.server_close()

    def setUp(self):
        self.files = self.jaild.dir / "files"
        self.files.mkdir()
        here = f"127.0.0.1:{self.service.server_port}"
        for path in files():
            text = path.read_text(encoding="utf-8").replace(RC, STAND_IN)
            text = text.replace(SERVICES[0], f'"tcp": "{here}"').replace(SERVICES[1], f'"http": "http://{here}/')
            text = re.sub(r'"interval_seconds": \d+', '"interval_seconds": 1', text)
            (self.files / path.name).write_text(text, encoding="utf-8")

    def tearDown(self):
        shutil.rmtree(self.files)
        self.remove_all()

    def jails(self):
        return self.jaild.call("GET", "/jails")[1]["items"]

    def remove_all(self):
        if names := [jail["name"] for jail in self.jails()]:
            done = self.jaild.jailctl("rm", "-f", "-y", "--timeout", "30", *names)
            self.assertEqual(done.returncode, NOTHING, done.stdout + done.stderr)

    def ctl(self, *arguments, code=NOTHING):
        done = self.jaild.jailctl("-o", "json", *arguments)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def declare_file(self, path):
        self.ctl("plan", "-f", str(path), code=CHANGES)
        self.ctl("apply", "-y", "--no-wait", "-f", str(path))

    def come_up(self, jails):
        for jail in jails:
            name = jail["name"]
            if jail["desired"] == "running":
                status = until(30, lambda name=name: self.up(name), f"{name} runs: {self.jaild.status(name)}")
                self.assertEqual((status["pending"], status["drift"]), ([], []), name)

    def up(self, name):
        status = self.jaild.status(name)
        return status if status["state"] == "running" and status["ready"] else None

    def test_each_file_alone_is_declared_and_comes_up(self):
        self.assertGreaterEqual(len(files()), 12)
        for path in sorted(self.files.iterdir()):
            with self.subTest(path.name):
                self.declare_file(path)
                jails = self.jails()
                self.come_up(jails)
                self.ctl("plan", "-f", str(path), code=NOTHING)
                if path.suffix == ".json":
                    self.assertEqual(self.written(path), {jail["name"]: jail["spec"] for jail in self.cut(path, jails)})
                self.remove_all()

    def written(self, path):
        return {jail["name"]: jail["spec"] for jail in declarations(path)}

    def cut(self, path, jails):
        wanted = self.written(path)
        return [{"name": jail["name"], "spec": as_given(wanted[jail["name"]], jail["spec"])} for jail in jails]

    def test_all_files_together_are_one_set(self):
        self.declare_file(self.files)
        self.assertGreaterEqual(len(self.jails()), 20)
        self.come_up(self.jails())

    def test_a_chain_comes_up_in_its_order(self):
        self.declare_file(self.files / "depend.json")
        self.come_up(self.jails())
        said = self.jaild.jailctl("-o", "json", "events", "--type", "jail.started").stdout
        started = [json.loads(line)["jail"] for line in said.splitlines()]
        self.assertEqual([name for name in started if name in ("store", "api", "front")][-3:], ["store", "api", "front"])

    def test_what_the_set_names_no_more_is_pruned(self):
        self.declare_file(self.files / "set.json")
        less = self.jaild.dir / "set.json"
        jails = [jail for jail in declarations(EXAMPLES / "set.json") if jail["name"] != "shop-mail"]
        less.write_text(json.dumps({"jails": jails}), encoding="utf-8")
        self.ctl("apply", "-y", "--prune", "-f", str(less))
        until(30, lambda: [jail["name"] for jail in self.jails()] == ["shop-db", "shop-web"], "shop-mail goes")

    def test_readme_has_a_line_for_each_file(self):
        named = re.findall(r"^\| `([^`]+)` \|", (EXAMPLES / "README.md").read_text(encoding="utf-8"), re.M)
        self.assertEqual(sorted(named), sorted(path.name for path in files()))


class Port(unittest.TestCase):
    def test_the_port_lists_each_file(self):
        listed = re.findall(r"%%EXAMPLESDIR%%/specs/(.*)", (TREE / "etc/port/pkg-plist").read_text(encoding="utf-8"))
        self.assertEqual(sorted(listed), sorted(path.name for path in EXAMPLES.iterdir()))


def json_objects(text):
    """Every JSON object in `text` that begins with a jail's name."""
    decoder = json.JSONDecoder()
    for start in re.finditer(r'\{\s*"name":', text):
        yield decoder.raw_decode(text, start.start())[0]


class Documents(JaildTest):
    """A dry run of each declaration that a document shows in full."""

    def check(self, path, text, least):
        found = [each for each in json_objects(text) if "spec" in each]
        self.assertGreaterEqual(len(found), least, path)
        for each in found:
            with self.subTest(f"{path}: {each['name']}"):
                code, body = self.jaild.call("POST", "/jails?dry_run=1", each)
                self.assertEqual(code, 200, body)

    def test_markdown(self):
        for path, least in (("README.md", 1), ("doc/freebsd.md", 3), ("doc/linux.md", 1)):
            self.check(path, (TREE / path).read_text(encoding="utf-8"), least)

    def test_manual_page_of_specs(self):
        page = (TREE / "man" / "jaild-spec.5").read_text(encoding="utf-8")
        self.check("jaild-spec(5)", page, 3)
        blocks = re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed", page, re.M | re.S)
        confs = [block for block in blocks if re.match(r"\w+ \{", block)]
        self.assertEqual(len(confs), 2)
        for number, block in enumerate(confs):
            path = self.jaild.dir / f"page{number}.conf"
            path.write_text(block, encoding="utf-8")
            done = self.jaild.jailctl("plan", "-f", str(path))
            self.assertEqual(done.returncode, CHANGES, done.stdout + done.stderr)
            self.assertNotIn("left out", done.stderr)

    def test_manual_page_has_the_bounds_of_the_document(self):
        """Each field of a spec in openapi/jaild.yaml has an entry, with its default."""
        page = (TREE / "man" / "jaild-spec.5").read_text(encoding="utf-8")
        code, openapi = self.jaild.call("GET", "/openapi.json")
        self.assertEqual(code, 200)
        schemas = openapi["components"]["schemas"]
        for name in ("Spec", "Restart", "Health"):
            for field, schema in schemas[name]["properties"].items():
                entry = re.search(rf"^\.It Va {field}$(.*?)^\.(?:It|El|Sh)", page, re.M | re.S)
                self.assertIsNotNone(entry, f"{name}.{field}")
                if isinstance(schema.get("default"), int) and not isinstance(schema["default"], bool):
                    self.assertRegex(entry[1], rf"\b{schema['default']}\b", f"default of {name}.{field}")


if __name__ == "__main__":
    unittest.main()
