"""containers.py crun|podman ROOT N LANES: starts and stops N containers; prints {"start": seconds, "stop": seconds}.

Runs in a mount namespace of its own, where it puts a plain cgroup2 in place of the machine's mixed mounts, which both refuse.
podman goes without cgroups: for its device rules it would need CAP_SYS_RESOURCE.
"""
import concurrent.futures
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from common import program, seconds_of

CGROUP = "/sys/fs/cgroup/jaild-bench"


def main():
    kind, root, count, lanes = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    subprocess.run(["umount", "-R", "/sys/fs/cgroup"], check=False, stderr=subprocess.DEVNULL)
    subprocess.run(["mount", "-t", "cgroup2", "none", "/sys/fs/cgroup"], check=True)
    place = pathlib.Path(tempfile.mkdtemp(prefix="jaild-bench."))
    libraries = pathlib.Path(program("crun")).parents[1] / "lib" / "x86_64-linux-gnu"
    os.environ["LD_LIBRARY_PATH"] = str(libraries)
    os.environ["CONTAINERS_CONF"] = "/dev/null"
    make = {"crun": Crun, "podman": Podman}[kind](place, root, libraries)
    try:
        with concurrent.futures.ThreadPoolExecutor(lanes) as pool:
            up = seconds_of(lambda: list(pool.map(make.start, range(count))))
            down = seconds_of(lambda: list(pool.map(make.stop, range(count))))
    except RuntimeError:
        for number in range(count):
            make.clear(number)
        raise
    finally:
        make.close()
        shutil.rmtree(place, ignore_errors=True)
    print(json.dumps({"start": up, "stop": down}))


def call(*command):
    """What a container inherits stays open as long as it runs, so a failure is told through a file."""
    with tempfile.TemporaryFile() as errors:
        done = subprocess.run(command, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors)
        errors.seek(0)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: {errors.read(2000).decode(errors='replace')}")


class Crun:
    def __init__(self, place, root, _):
        self.place = place
        self.root = root
        os.makedirs(CGROUP, exist_ok=True)  # two lanes at once would both make it
        self.command = [program("crun"), "--root", str(place / "state"), "--cgroup-manager=cgroupfs"]

    def start(self, number):
        bundle = self.place / str(number)
        bundle.mkdir()
        (bundle / "config.json").write_text(json.dumps({
            "ociVersion": "1.0.2", "root": {"path": self.root}, "hostname": "b",
            "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"},
                       {"destination": "/dev", "type": "tmpfs", "source": "tmpfs"}],  # crun makes links in it, the root is shared
            "process": {"user": {"uid": 0, "gid": 0}, "args": ["/bin/sleep", "1000000"], "env": ["PATH=/bin"], "cwd": "/",
                        "noNewPrivileges": True, "capabilities": {each: ["CAP_KILL"] for each in ("bounding", "effective", "permitted")}},
            "linux": {"cgroupsPath": f"/jaild-bench/{number}",
                      "namespaces": [{"type": kind} for kind in ("pid", "ipc", "uts", "mount", "network")]}}))
        call(*self.command, "run", "--detach", "--bundle", str(bundle), f"jaild-bench-{number}")

    def stop(self, number):
        call(*self.command, "delete", "--force", f"jaild-bench-{number}")

    def clear(self, number):
        """Of a run that failed half-way."""
        subprocess.run([*self.command, "delete", "--force", f"jaild-bench-{number}"], check=False, capture_output=True)

    def close(self):
        # A cgroup is busy until its last process has been reaped, which crun does not wait for.
        deadline = time.monotonic() + 10
        while os.path.isdir(CGROUP):
            try:
                for each in os.scandir(CGROUP):
                    if each.is_dir():
                        os.rmdir(each.path)
                os.rmdir(CGROUP)
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)


class Podman:
    def __init__(self, place, root, libraries):
        self.root = root
        runtime = place / "crun"  # conmon clears the environment
        runtime.write_text(f'#!/bin/busybox sh\nLD_LIBRARY_PATH={libraries} exec {program("crun")} "$@"\n')
        runtime.chmod(0o755)
        self.command = [program("podman"), "--root", str(place / "root"), "--runroot", str(place / "run"), "--tmpdir", str(place / "tmp"),
                        "--storage-driver", "vfs", "--runtime", str(runtime), "--conmon", program("conmon"),
                        "--cgroup-manager", "cgroupfs", "--events-backend", "none"]

    def start(self, number):
        call(*self.command, "run", "--cgroups=disabled", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024", "-d",
             "--name", f"jaild-bench-{number}", "--rootfs", "--network", "none", self.root, "/bin/sleep", "1000000")

    def stop(self, number):
        call(*self.command, "rm", "-f", "-t", "0", f"jaild-bench-{number}")

    def clear(self, number):
        subprocess.run([*self.command, "rm", "-f", "-t", "0", f"jaild-bench-{number}"], check=False, capture_output=True)

    def close(self):
        pass


if __name__ == "__main__":
    main()
