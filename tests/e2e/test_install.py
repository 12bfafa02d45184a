"""What `./dev install` installs: every file, with the prefix written into what names it."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

BIN = pathlib.Path(os.environ.get("JAILD_BIN", "build/bin")).resolve()
PROGRAMS = ["sbin/jaild", "sbin/jailctl", "libexec/jaild-monitor"]
PAGES = ["share/man/man8/jaild.8", "share/man/man8/jailctl.8", "share/man/man8/jaild-monitor.8", "share/man/man5/jaild.conf.5",
         "share/man/man5/jaild-spec.5"]
EXAMPLES = ["rc-jail.json", "rc-jails.conf", "README.md"]
COMPLETIONS = ["share/bash-completion/completions/jailctl", "share/zsh/site-functions/_jailctl",
               "share/fish/vendor_completions.d/jailctl.fish"]


class Install(unittest.TestCase):
    def setUp(self):
        self.prefix = pathlib.Path(tempfile.mkdtemp(prefix="jaild-install."))
        self.addCleanup(shutil.rmtree, self.prefix)
        done = subprocess.run(["cmake", "--install", BIN.parent, "--prefix", self.prefix], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_what_was_built_is_installed_whole(self):
        for name in PROGRAMS + PAGES + COMPLETIONS + [f"share/examples/jaild/specs/{each}" for each in EXAMPLES]:
            self.assertGreater((self.prefix / name).stat().st_size, 100, name)
        for name in PROGRAMS[:2]:
            said = subprocess.run([self.prefix / name, "--version"], capture_output=True, text=True)
            self.assertEqual(said.returncode, 0, f"{name}: {said.stderr}")

    def test_the_installed_jaild_finds_its_monitor(self):
        done = subprocess.run([self.prefix / "sbin/jaild", "--config", "", "--check"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)

    @unittest.skipUnless(sys.platform == "linux", "FreeBSD has rc.d")
    @unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not installed")
    def test_systemd_takes_the_unit(self):
        unit = self.prefix / "lib/systemd/system/jaild.service"
        text = unit.read_text()
        self.assertIn(f"ExecStart={self.prefix}/sbin/jaild\n", text)
        self.assertIn("KillMode=process\n", text)  # jails outlive jaild
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True)
        ours = [line for line in (done.stdout + done.stderr).splitlines() if "jaild" in line]
        self.assertEqual((done.returncode, ours), (0, []), done.stderr)

    @unittest.skipUnless(sys.platform.startswith("freebsd"), "Linux has systemd")
    def test_rc_d_names_the_prefix(self):
        script = self.prefix / "etc/rc.d/jaild"
        self.assertTrue(os.access(script, os.X_OK))
        self.assertIn(f'jaild_supervisor="{self.prefix}/sbin/jaild"', script.read_text())


if __name__ == "__main__":
    unittest.main()
