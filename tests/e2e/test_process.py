"""jaild as a process among others: with which descriptors it starts, and what it does when the system takes away its files."""
import os
import subprocess
import sys
import unittest

from harness import BIN, Jaild, JaildTest


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


if __name__ == "__main__":
    unittest.main()
