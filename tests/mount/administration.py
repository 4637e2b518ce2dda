#!/usr/bin/env -S python3 -B
"""On an administrator's machine: mount(8) and fstab, the configuration file, a service manager that
listens, completion, and what `cmake --install` puts where."""

import os
import re
import shutil
import signal
import socket

from harness.matrix import Matrix, binary, need_mounts
from harness.mount import mount_line
from harness.process import (Skip, clean_environment, end_process, expect, expect_equal, has_ended, run, spawn,
                             wait_until)
from harness.scene import Scene
from harness.simulator import PASSWORD, USER, Simulator

# A mount namespace in which mount(8) finds our helper: /usr/sbin is covered by a layer of our own.
WITH_HELPER = """set -e
mount --make-rprivate /
mount -t tmpfs tmpfs "$LAYER"
mkdir "$LAYER/upper" "$LAYER/work"
mount -t overlay overlay -o "lowerdir=/usr/sbin,upperdir=$LAYER/upper,workdir=$LAYER/work" /usr/sbin
ln -s "$VTPMFS" /usr/sbin/mount.vtpmfs
ln -s "$VTPMFS" /usr/sbin/mount.fuse.vtpmfs
set +e
"""


class Machine:
    """An administrator's: a password file, a configuration file, and a place to mount."""

    def __init__(self, scene, simulator):
        self.scene = scene
        self.simulator = simulator
        self.password = scene.file("password", PASSWORD + "\n")
        self.vtpmfs = binary("VTPMFS_BIN", "fs/vtpmfs")

    def config(self, *lines, server=True):
        """A configuration file, and the mount point that it names."""
        point = self.scene.directory("mnt")
        text = [f'user = "{USER}"', f'password-file = "{self.password}"', f'ca-file = "{self.simulator.ca_file}"',
                f'state-dir = "{self.scene.directory("state")}"', f'mount-point = "{point}"', *lines]
        if server:
            text.insert(0, f'server = "{self.simulator.address}"')
        return self.scene.file("lab.conf", "\n".join(text) + "\n"), point

    def by_mount(self, script, **variables):
        """Runs the script where mount(8) knows us; nothing that it mounts is left when it ends."""
        def in_namespace(words):
            environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "VTPMFS": self.vtpmfs,
                           "LAYER": self.scene.directory("layer"), **variables}
            return run("unshare", "--mount", "sh", "-c", WITH_HELPER + words, env={**clean_environment(), **environment})

        tried = in_namespace("true")
        if tried.returncode != 0:
            raise Skip(f"no layer over /usr/sbin here: {tried.stderr.strip()}")
        return in_namespace(script)

    def options(self, *further):
        return ",".join([f"user={USER}", f"password_file={self.password}", f"ca_file={self.simulator.ca_file}",
                         f"state_dir={self.scene.directory('state')}", *further])


def rows_of_mount(matrix, machine):
    address = machine.simulator.address
    for kind in ("vtpmfs", "fuse.vtpmfs"):
        with matrix.row(f"mount -t {kind} returns when the tree answers, and umount ends it"):
            done = machine.by_mount(
                'mount -t "$KIND" "$SERVER" "$POINT" -o "$OPTIONS" && ls "$POINT" && umount "$POINT" && ls "$POINT"',
                KIND=kind, SERVER=address, POINT=machine.scene.directory("mnt"),
                OPTIONS=machine.options("noatime", "ro"))
            expect_equal((done.returncode, done.stdout), (0, "DC1\nEurope\nby-key\n"), f"ls ({done.stderr.strip()})")
    with matrix.row("a line in fstab with what systemd and mount(8) read there mounts by its mount point"):
        config, point = machine.config()
        table = machine.scene.file("fstab", f"{address} {point} vtpmfs ro,_netdev,nofail,noauto,user,"
                                   f"x-systemd.automount,x-systemd.mount-timeout=30,config={config} 0 0\n")
        done = machine.by_mount('mount --fstab "$TABLE" "$POINT" && ls "$POINT" && grep " $POINT " /proc/self/mounts',
                                TABLE=table, POINT=point)
        expect_equal(done.returncode, 0, f"mount ({done.stderr.strip()})")
        expect("DC1\n" in done.stdout and re.search(r" fuse\.vtpmfs ro,", done.stdout), f"{done.stdout}")
        expect(PASSWORD not in done.stdout, "the password is in /proc/mounts")
    with matrix.row("fstab's first field may be `none`: the configuration file names the vCenter"):
        config, point = machine.config()
        done = machine.by_mount('mount -t vtpmfs none "$POINT" -o "config=$CONFIG" && ls "$POINT"', POINT=point,
                                CONFIG=config)
        expect_equal((done.returncode, done.stdout), (0, "DC1\nEurope\nby-key\n"), f"ls ({done.stderr.strip()})")
    with matrix.row("mount's exit status is mount(8)'s: 32 for a mount that failed, 1 for wrong words"):
        point = machine.scene.directory("mnt")
        wrong = machine.scene.file("password", "wrong\n")
        done = machine.by_mount('mount -t vtpmfs "$SERVER" "$POINT" -o "$OPTIONS"', SERVER=address, POINT=point,
                                OPTIONS=machine.options(f"password_file={wrong}"))
        expect_equal(done.returncode, 32, f"a wrong password ({done.stderr.strip()})")
        done = machine.by_mount('mount -t vtpmfs "$SERVER" "$POINT" -o vmz=all', SERVER=address, POINT=point)
        expect_equal(done.returncode, 1, f"an unknown option ({done.stderr.strip()})")
        expect("vmz" in done.stderr, f"{done.stderr}")
    with matrix.row("mount -f reads the words and mounts nothing"):
        point = machine.scene.directory("mnt")
        done = machine.by_mount('mount -f -t vtpmfs "$SERVER" "$POINT" -o "$OPTIONS" && ls "$POINT"', SERVER=address,
                                POINT=point, OPTIONS=machine.options())
        expect_equal((done.returncode, done.stdout), (0, ""), f"mount -f ({done.stderr.strip()})")


def rows_of_settings(matrix, machine):
    with matrix.row("`vtpmfs --config FILE` needs no other word"):
        config, point = machine.config("ro = true")
        done = run(machine.vtpmfs, "--config", config, env=clean_environment())
        machine.scene.at_end(run, "fusermount3", "-u", "-z", point)
        expect_equal(done.returncode, 0, f"exit status ({done.stderr.strip()})")
        expect_equal(sorted(os.listdir(point)), ["DC1", "Europe", "by-key"], "the root")
        expect(" ro," in mount_line(point), "it is writable")
        expect_equal(run("fusermount3", "-u", point).returncode, 0, "fusermount3 -u")
    with matrix.row("--print-config tells each setting and its source, and no password"):
        config, point = machine.config('vms = "all"')
        done = run(machine.vtpmfs, "--config", config, "--timeout", "7", "--print-config",
                   env={**clean_environment(), "GOVC_PASSWORD": PASSWORD, "GOVC_TLS_CA_CERTS": "/env.pem"})
        expect_equal(done.returncode, 0, f"exit status ({done.stderr.strip()})")
        for line in ('timeout = "7"  # the command line', f'vms = "all"  # {config}',
                     'ca-file = "/env.pem"  # the environment', f"# password: in {machine.password}"):
            expect(line in done.stdout.splitlines(), f"{line!r} is not in: {done.stdout}")
        expect(PASSWORD not in done.stdout + done.stderr, "the password is printed")
    with matrix.row("a file that others can write is not read"):
        config, point = machine.config()
        os.chmod(config, 0o666)
        done = run(machine.vtpmfs, "--config", config, env=clean_environment())
        expect_equal(done.returncode, 2, "exit status")
        expect("chmod go-w" in done.stderr, f"{done.stderr}")
    with matrix.row("bash completes options and their values"):
        script = machine.scene.file("vtpmfs.bash", run(machine.vtpmfs, "--completion", "bash").stdout)
        asked = f'. {script}; COMP_WORDS=(vtpmfs "$@"); COMP_CWORD=$#; _vtpmfs; echo "${{COMPREPLY[*]}}"'
        for words, wanted in ((("--restore-p",), "--restore-pool --restore-policy"), (("--vms", "e"), "encrypted")):
            expect_equal(run("bash", "-c", asked, "bash", *words).stdout.strip(), wanted, f"completion of {words}")
    for shell in ("zsh", "fish"):
        with matrix.row(f"{shell} takes its completion script"):
            if not shutil.which(shell):
                raise Skip(f"{shell} is not installed")
            script = machine.scene.file(f"vtpmfs.{shell}", run(machine.vtpmfs, "--completion", shell).stdout)
            expect_equal(run(shell, "-n", script).returncode, 0, f"{shell} -n")


class ServiceManager:
    """Listens at $NOTIFY_SOCKET, as systemd does."""

    def __init__(self, scene):
        self.path = os.path.join(scene.directory("notify"), "socket")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.socket.settimeout(60)
        scene.at_end(self.socket.close)

    def next(self):
        return self.socket.recv(4096).decode()

    def drain(self):
        self.socket.setblocking(False)
        heard = []
        try:
            while True:
                heard.append(self.socket.recv(4096).decode())
        except BlockingIOError:
            return heard
        finally:
            self.socket.settimeout(60)


def rows_of_services(matrix, machine):
    with matrix.row("Type=notify: READY when the tree answers, WATCHDOG while it does, STOPPING at the end"):
        manager = ServiceManager(machine.scene)
        config, point = machine.config()
        with open(machine.scene.file("log", ""), "w", encoding="utf-8") as log:
            service = spawn([machine.vtpmfs, "-f", "--config", config], stdout=log, stderr=log,
                            env={**clean_environment(), "NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "200000"})
        machine.scene.at_end(end_process, service, 10)
        machine.scene.at_end(run, "fusermount3", "-u", "-z", point)
        said = manager.next()
        expect(said.startswith("READY=1\nSTATUS="), f"{said!r}")
        expect_equal(sorted(os.listdir(point)), ["DC1", "Europe", "by-key"], "the root once it is ready")
        for _ in range(3):
            expect_equal(manager.next(), "WATCHDOG=1\n", "a sign of life")
        os.kill(service.pid, signal.SIGTERM)
        wait_until(lambda: has_ended(service), "the service ends", 75)
        expect_equal(service.returncode, 0, "exit status")
        expect("STOPPING=1\n" in manager.drain(), "it does not say that it stops")
    with matrix.row("a refused login ends the service with 77 and never says READY"):
        manager = ServiceManager(machine.scene)
        wrong = machine.scene.file("password", "wrong\n")
        config, point = machine.config()
        done = run(machine.vtpmfs, "-f", "--config", config, "--password-file", wrong,
                   env={**clean_environment(), "NOTIFY_SOCKET": manager.path})
        expect_equal(done.returncode, 77, f"exit status ({done.stderr.strip()})")
        expect_equal([said for said in manager.drain() if "READY" in said], [], "what was said")
    with matrix.row("the password comes from systemd's credential"):
        config, point = machine.config()
        with open(config, encoding="utf-8") as text:
            lines = [line for line in text if not line.startswith("password-file")]
        config = machine.scene.file("lab.conf", "".join(lines))
        credentials = machine.scene.directory("credentials")
        shutil.copyfile(machine.password, os.path.join(credentials, "password"))
        done = run(machine.vtpmfs, "--config", config,
                   env={**clean_environment(), "CREDENTIALS_DIRECTORY": credentials})
        machine.scene.at_end(run, "fusermount3", "-u", "-z", point)
        expect_equal(done.returncode, 0, f"exit status ({done.stderr.strip()})")
        expect_equal(run("fusermount3", "-u", point).returncode, 0, "fusermount3 -u")


def rows_of_installing(matrix, machine):
    build = os.path.dirname(os.path.dirname(machine.vtpmfs))
    target = machine.scene.directory("target")
    with matrix.row("cmake --install puts everything where Debian looks for it"):
        if not shutil.which("cmake") or not os.path.exists(os.path.join(build, "CMakeCache.txt")):
            raise Skip("this is no build tree")
        done = run("cmake", "--install", build, "--prefix", "/usr", env={**os.environ, "DESTDIR": target})
        expect_equal(done.returncode, 0, f"exit status ({done.stderr.strip()})")
        for path in ("bin/vtpmfs", "share/man/man8/vtpmfs.8", "share/man/man8/mount.vtpmfs.8",
                     "share/man/man5/vtpmfs.conf.5", "lib/systemd/system/vtpmfs@.service",
                     "lib/systemd/system/vtpmfs-backup@.timer", "share/bash-completion/completions/vtpmfs",
                     "share/zsh/vendor-completions/_vtpmfs", "share/fish/vendor_completions.d/vtpmfs.fish"):
            expect(os.path.isfile(os.path.join(target, "usr", path)), f"/usr/{path} is missing")
        for helper in ("mount.vtpmfs", "mount.fuse.vtpmfs"):
            expect_equal(os.readlink(os.path.join(target, "usr/sbin", helper)), "../bin/vtpmfs", helper)
        with open(os.path.join(target, "usr/lib/systemd/system/vtpmfs@.service"), encoding="utf-8") as unit:
            expect("\nExecStart=/usr/bin/vtpmfs " in unit.read(), "the unit starts another program")
    with matrix.row("cpack makes a Debian package in which lintian finds no error"):
        if not shutil.which("lintian") or not shutil.which("cpack"):
            raise Skip("lintian is not installed")
        with open(os.path.join(build, "CMakeCache.txt"), encoding="utf-8") as cache:
            if not re.search(r"(?m)^VTPMFS_SANITIZE:STRING=$", cache.read()):
                raise Skip("nobody packages an instrumented build")
        packages = machine.scene.directory("packages")
        done = run("cpack", "--config", os.path.join(build, "CPackConfig.cmake"), "-B", packages)
        expect_equal(done.returncode, 0, f"cpack ({done.stdout[-300:]})")
        found = [name for name in os.listdir(packages) if name.endswith(".deb")]
        expect_equal(len(found), 1, "packages")
        done = run("lintian", "--allow-root", "--fail-on", "error", os.path.join(packages, found[0]))
        expect_equal((done.returncode, [line for line in done.stdout.splitlines() if line.startswith("E:")]), (0, []),
                     f"lintian ({done.stderr})")
    with matrix.row("systemd takes the units as they are"):
        if not shutil.which("systemd-analyze"):
            raise Skip("systemd-analyze is not installed")
        units = machine.scene.directory("units")
        installed = os.path.join(target, "usr/lib/systemd/system")
        for name in os.listdir(installed):
            with open(os.path.join(installed, name), encoding="utf-8") as unit:
                text = re.sub(r"(?m)^ExecStart=\S*/vtpmfs", f"ExecStart={machine.vtpmfs}", unit.read())
            with open(os.path.join(units, name.replace("@", "@lab")), "w", encoding="utf-8") as unit:
                unit.write(text)
        done = run("systemd-analyze", "verify", "--man=no",
                   *(os.path.join(units, name) for name in sorted(os.listdir(units))),
                   env={**clean_environment(), "SYSTEMD_UNIT_PATH": units + ":"})
        expect_equal((done.returncode, done.stderr), (0, ""), "systemd-analyze verify")


def main():
    matrix = Matrix("On an administrator's machine")
    need_mounts(matrix)
    with Scene() as scene:
        simulator = Simulator(scene)
        machine = Machine(scene, simulator)
        rows_of_mount(matrix, machine)
        rows_of_settings(matrix, machine)
        rows_of_services(matrix, machine)
        rows_of_installing(matrix, machine)
    matrix.end()


if __name__ == "__main__":
    main()
