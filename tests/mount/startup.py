#!/usr/bin/env -S python3 -B
"""Mounting: what a user types, what is said when it does not work, and how it ends."""

import contextlib
import os
import signal
import socket
import ssl
import subprocess

from harness.matrix import Matrix, binary, need_mounts
from harness.mount import BackgroundMount, Mount, errno_of, mount_line
from harness.process import (Skip, clean_environment, end_of, end_process, expect, expect_equal,
                             has_ended, run, spawn, wait_until)
from harness.scene import Scene
from harness.simulator import PASSWORD, USER, Simulator
from harness.truth import SET


class Attempt:
    """What a mount of this simulator is tried with; each wrong in one way."""

    def __init__(self, scene, simulator):
        self.scene = scene
        self.simulator = simulator
        self.password = scene.file("password", PASSWORD + "\n")

    def words(self, *options, tls=True, password=None, address=None, point=None):
        words = ["--user", USER, "--state-dir", self.scene.directory("state")]
        words += ["--password-file", password or self.password]
        if tls:
            words += ["--ca-file", self.simulator.ca_file]
        point = point or self.scene.directory("mnt")
        return [*words, *options, address or self.simulator.address, point]

    def mount(self, *options, environment=None, **other):
        return BackgroundMount(self.scene, self.words(*options, **other), environment)

    def works(self, *options, **other):
        mount = self.mount(*options, **other)
        expect(mount.done.returncode == 0, f"exit {mount.done.returncode}: {mount.done.stderr}")
        expect_equal(sorted(os.listdir(mount.point)), ["DC1", "Europe", "by-key"], "the root")
        end(mount)
        return mount.done.stderr

    def fails(self, *wanted, status=None, options=(), dead_mount=False, **other):
        """One line on stderr with all the wanted words, and nothing is mounted by it."""
        mount = self.mount(*options, **other)
        said = mount.done.stderr
        expect(mount.done.returncode != 0, "exit 0")
        expect_equal(mount_line(mount.point) is not None, dead_mount, "mounted all the same")
        if status is not None:
            expect_equal(mount.done.returncode, status, "exit status")
        expect_equal(said.count("\n"), 1, f"lines on stderr ({said!r})")
        for word in wanted:
            expect(word in said, f"{word!r} is not in: {said.strip()}")
        expect(PASSWORD not in said, "the password is in the message")
        return said


def end(mount):
    done = run("fusermount3", "-u", mount.point)
    expect_equal(done.returncode, 0, "fusermount3 -u")
    mount.wait_gone()


def rows_of_mounting(matrix, attempt, simulator):
    with matrix.row("vtpmfs returns when the tree answers, and shows the tree of the contract"):
        mount = attempt.mount()
        expect(mount.done.returncode == 0, f"exit {mount.done.returncode}: {mount.done.stderr}")
        expect_equal(mount.done.stdout + mount.done.stderr, "", "words of a mount that works")
        vm = os.path.join(mount.point, "DC1", "vm")
        expect_equal(sorted(os.listdir(mount.point)), ["DC1", "Europe", "by-key"], "the root")
        expect_equal(sorted(os.listdir(os.path.dirname(vm))), ["restore", "vm"], "a datacenter")
        expect_equal(os.listdir(mount.point + "/Europe"), ["Zürich & Umland"], "a folder above")
        expect("Finance" in os.listdir(vm) and "Empty" in os.listdir(vm), "VM folders are missing")
        expect_equal(os.listdir(vm + "/Empty"), [], "an empty folder")
        expect_equal(sorted(os.listdir(vm + "/web-app")), ["app-db", "app-web"], "a vApp")
        expect_equal(sorted(os.listdir(vm + "/win00001")), sorted(SET), "a VM")
        expect_equal(os.listdir(vm + "/Templates"), ["golden image"], "templates")
        rows_of_a_background_daemon(matrix, mount)
        end(mount)
    with matrix.row("after unmounting, no session is left at the vCenter"):
        expect_equal(simulator.sessions(), 0, "sessions")
    with matrix.row("-o ro has no restore/, and EROFS for writers"):
        mount = attempt.mount("-o", "ro")
        expect_equal(mount.done.returncode, 0, "exit status")
        expect_equal(os.listdir(mount.point + "/DC1"), ["vm"], "a datacenter")
        nvram = mount.point + "/DC1/vm/win00001/nvram"
        writers = {
            "open for writing": lambda: os.open(nvram, os.O_WRONLY),
            "unlink": lambda: os.unlink(nvram),
            "chmod": lambda: os.chmod(nvram, 0o600),
            "mkdir in vm/": lambda: os.mkdir(mount.point + "/DC1/vm/new"),
            "mkdir of restore/": lambda: os.mkdir(mount.point + "/DC1/restore"),
            "rename": lambda: os.rename(mount.point + "/DC1/vm/win00001", mount.point + "/DC1/vm/new"),
        }
        for name, write in writers.items():
            expect_equal(errno_of(write), "EROFS", name)
        end(mount)
    with matrix.row("vtpmfs does not return before the vCenter has answered: held, it waits"):
        held = simulator.inject("hold", "RetrievePropertiesEx")
        point = attempt.scene.directory("mnt")
        starting = spawn([binary("VTPMFS_BIN", "fs/vtpmfs"), *attempt.words(point=point)])
        try:
            wait_until(lambda: simulator.held(held) >= 1, "it is asked")
            expect(not has_ended(starting), "vtpmfs returned")
        finally:
            simulator.control("release", number=held)
            simulator.calm()
        expect_equal(end_of(starting, "vtpmfs"), 0, "exit status")
        expect(mount_line(point) is not None, "it is not mounted")
        daemon = BackgroundMount.adopt(attempt.scene, point)
        expect_equal(os.listdir(point + "/DC1/vm/Empty"), [], "an empty folder")
        end(daemon)
    with matrix.row("user@vcenter:port, mount options in one list, mount(8)'s own words ignored"):
        point = attempt.scene.directory("mnt")
        listed = ",".join(
            ["_netdev", "nofail", "x-systemd.automount", "ro", "password_file=" + attempt.password,
             "ca_file=" + simulator.ca_file, "state_dir=" + attempt.scene.directory("state")]
        )
        words = ["-o", listed, f"{USER}@{simulator.address}", point]
        mount = BackgroundMount(attempt.scene, words)
        expect(mount.done.returncode == 0, f"exit {mount.done.returncode}: {mount.done.stderr}")
        end(mount)
    with matrix.row("-o fsname= names the source in the mount table"):
        mount = attempt.mount("-o", "fsname=backups")
        expect(" fuse.vtpmfs backups " in mount_line(mount.point), mount_line(mount.point))
        end(mount)
    with matrix.row("GOVC_* alone are enough"):
        environment = clean_environment(
            GOVC_URL=simulator.url + "/sdk", GOVC_USERNAME=USER, GOVC_PASSWORD=PASSWORD,
            GOVC_TLS_CA_CERTS=simulator.ca_file, XDG_STATE_HOME=attempt.scene.directory("xdg"),
        )
        words = ["--state-dir", attempt.scene.directory("state"), attempt.scene.directory("mnt")]
        mount = BackgroundMount(attempt.scene, words, environment)
        expect(mount.done.returncode == 0, f"exit {mount.done.returncode}: {mount.done.stderr}")
        with for_root(f"/proc/{mount.pid}/environ"), open(f"/proc/{mount.pid}/environ", "rb") as copy:
            kept = copy.read()
        expect(b"GOVC_USERNAME" in kept, "this is not the environment that it was given")
        expect(PASSWORD.encode() not in kept, "the password stays in the environment")
        end(mount)


@contextlib.contextmanager
def for_root(path):
    """vtpmfs lets nobody but root look into it; what held before stays held."""
    try:
        yield
    except PermissionError as error:
        expect(os.geteuid() != 0, f"root may not read {path}")
        raise Skip(f"{path} is for root alone, as it should be") from error


def rows_of_a_background_daemon(matrix, mount):
    with matrix.row("no secret in the arguments, the environment's copy or the mount table"):
        with open(f"/proc/{mount.pid}/cmdline", "rb") as line:
            expect(PASSWORD.encode() not in line.read(), "the password is in argv")
        with for_root(f"/proc/{mount.pid}/environ"), open(f"/proc/{mount.pid}/environ", "rb") as copy:
            expect(PASSWORD.encode() not in copy.read(), "the password is in the environment")
        line = mount_line(mount.point)
        expect(PASSWORD not in line and USER not in line, f"too much in the mount table: {line}")
        expect("fuse.vtpmfs" in line, f"the type is not fuse.vtpmfs: {line}")
    with matrix.row("the daemon has left the terminal, its directory and its standard streams"):
        expect_equal(os.getsid(mount.pid), mount.pid, "session")
        with for_root(f"/proc/{mount.pid}"):
            expect_equal(os.readlink(f"/proc/{mount.pid}/cwd"), "/", "working directory")
            for number in (0, 1, 2):
                stream = os.readlink(f"/proc/{mount.pid}/fd/{number}")
                expect_equal(stream, "/dev/null", f"descriptor {number}")


def rows_of_logging_in(matrix, attempt, simulator):
    with matrix.row("a wrong password: one line, exit 77, and no second try"):
        simulator.reset_counts()
        wrong = attempt.scene.file("wrong-password", "not this one\n")
        attempt.fails("password", status=77, password=wrong)
        expect_equal(simulator.counts().get("Login", 0), 1, "logins tried")
    with matrix.row("a password file that others can read is refused"):
        open_to_all = attempt.scene.file("open-password", PASSWORD + "\n")
        os.chmod(open_to_all, 0o644)
        attempt.fails(open_to_all, password=open_to_all)
    with matrix.row("a password in an argument is refused, in each form"):
        simulator.reset_counts()
        for option in (["--password", PASSWORD], ["--password=" + PASSWORD], ["-o", "password=" + PASSWORD]):
            attempt.fails("--password-file", options=option)
        attempt.fails("--password-file", address=f"user:{PASSWORD}@{simulator.address}")
        expect_equal(simulator.counts().get("Login", 0), 0, "logins tried")
    with matrix.row("GOVC_URL's password is not sent to another vCenter"):
        simulator.reset_counts()
        environment = clean_environment(GOVC_URL=f"https://{USER}:{PASSWORD}@prod.invalid")
        words = ["--user", USER, "--ca-file", simulator.ca_file, simulator.address]
        words = [binary("VTPMFS_BIN", "fs/vtpmfs"), *words, attempt.scene.directory("mnt")]
        done = run("setsid", "--wait", *words, env=environment)  # no terminal to ask on
        expect(done.returncode != 0 and "no password" in done.stderr, f"it says: {done.stderr}")
        expect_equal(simulator.counts().get("Login", 0), 0, "logins tried")
    with matrix.row("an unknown host and a closed port: one line that names them"):
        attempt.fails("no-such-host.invalid", address="no-such-host.invalid")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            closed = f"127.0.0.1:{free.getsockname()[1]}"
            attempt.fails("127.0.0.1", address=closed)


def rows_of_trust(matrix, attempt, simulator):
    right, wrong = simulator.sha256, simulator.sha256.translate(str.maketrans("0123", "3210"))
    with matrix.row("an untrusted certificate: its thumbprint and the options are named"):
        said = attempt.fails("--ca-file", "--thumbprint", tls=False)
        expect(right.replace(":", "").lower() in said.replace(":", "").lower(), f"no thumbprint: {said}")
    with matrix.row("--thumbprint: the right one is enough, a wrong one refuses also where a CA vouches"):
        attempt.works("--thumbprint", right, tls=False)
        attempt.fails("thumbprint", options=["--thumbprint", wrong], tls=False)
        attempt.fails("thumbprint", options=["--thumbprint", wrong], tls=True)
    with matrix.row("--insecure mounts; GOVC_INSECURE does not weaken an explicit --thumbprint"):
        said = attempt.works("--insecure", tls=False)
        expect("not verified" in said and said.count("\n") == 1, f"it says: {said!r}")
        insecure = clean_environment(GOVC_INSECURE="1")
        attempt.works(tls=False, environment=insecure)
        attempt.fails("thumbprint", options=["--thumbprint", wrong], tls=False, environment=insecure)
    with matrix.row("GOVC_TLS_KNOWN_HOSTS: a known host mounts, one known otherwise does not"):
        pem = ssl.get_server_certificate(("127.0.0.1", simulator.port))
        expect(pem.startswith("-----BEGIN"), "the simulator shows no certificate")
        for thumbprint, good in ((simulator.sha1, True), (simulator.sha1[:-2] + "00", False)):
            hosts = attempt.scene.file("known_hosts", f"{simulator.address} {thumbprint}\n")
            environment = clean_environment(GOVC_TLS_KNOWN_HOSTS=hosts)
            if good:
                attempt.works(tls=False, environment=environment)
            else:
                attempt.fails("--thumbprint", tls=False, environment=environment)
    with matrix.row("GOVC_TLS_KNOWN_HOSTS may name a file that is not there yet"):
        absent = attempt.scene.path("no-known-hosts")
        attempt.works(environment=clean_environment(GOVC_TLS_KNOWN_HOSTS=absent))


def rows_of_mount_points(matrix, attempt, simulator):
    scene = attempt.scene
    simulator.reset_counts()
    with matrix.row("a mount point that is not empty, absent or a file: one line that names it"):
        full = scene.directory("full")
        with open(os.path.join(full, "something"), "w", encoding="utf-8"):
            pass
        attempt.fails(full, "empty", point=full)
        attempt.fails("No such file", point=scene.path("absent"))
        attempt.fails("not a directory", point=scene.file("plain", ""))
    with matrix.row("a bad mount point is told before anybody logs in"):
        expect_equal(simulator.counts().get("Login", 0), 0, "logins tried")
    with matrix.row("auto_unmount and unknown options are refused with the reason"):
        attempt.fails("auto_unmount", options=["-o", "auto_unmount"])
        attempt.fails("no_such_option", options=["-o", "no_such_option"])
        attempt.fails("max_read=much", options=["-o", "max_read=much"])
    with matrix.row("a second writing mount of one state directory is refused, a reading one is not"):
        first = Mount(scene, simulator)
        attempt.fails(first.state, options=["--state-dir", first.state])
        reader = Mount(scene, simulator, "-o", "ro", state=first.state)
        expect_equal(sorted(os.listdir(reader.point)), ["DC1", "Europe", "by-key"], "the root")
        reader.unmount()
        first.unmount()


def rows_of_ending(matrix, attempt, simulator):
    scene = attempt.scene
    with matrix.row("-f stays, logs no secret; fusermount3 -u ends it with 0 and logs out"):
        mount = Mount(scene, simulator)
        with open(mount.path("DC1/vm/win00001/nvram"), "rb") as nvram:
            nvram.read()
        expect(simulator.sessions() >= 1, "not logged in?")
        mount.unmount()
        expect_equal(simulator.sessions(), 0, "sessions")
        expect(PASSWORD not in mount.log_text(), "the password is in the log")
        expect("vmware_soap_session" not in mount.log_text(), "the cookie is in the log")
    with matrix.row("-d logs each request of the kernel, and no secret either"):
        mount = Mount(scene, simulator, "-d")
        with open(mount.path("DC1/vm/win00001/encryption.bundle"), encoding="ascii") as bundle:
            words = bundle.read()
        mount.unmount()
        for request in ("LOOKUP", "OPEN", "READ"):
            expect(mount.log_has(f"opcode: {request}"), f"no {request} is logged")
        for secret in (PASSWORD, "vmware_soap_session", words):
            expect(secret not in mount.log_text(), f"{secret[:20]!r} is in the log")
    with matrix.row("an umount where a program still has a file open tells so; the mount stays"):
        mount = Mount(scene, simulator)
        with open(mount.path("DC1/vm/win00001/nvram"), "rb") as nvram:
            done = run("fusermount3", "-u", mount.point)
            expect(done.returncode != 0 and "busy" in done.stderr, f"fusermount3 says {done}")
            expect(nvram.read(), "the file cannot be read any more")
        mount.unmount()
    with matrix.row("SIGTERM unmounts, logs out and ends with 0"):
        mount = Mount(scene, simulator)
        mount.process.terminate()
        expect_equal(end_of(mount.process, "vtpmfs", 75), 0, "exit status")
        expect(mount_line(mount.point) is None, "still mounted")
        expect_equal(simulator.sessions(), 0, "sessions")
    with matrix.row("kill -9 leaves ENOTCONN, never an empty directory, and the next mount says so"):
        mount = Mount(scene, simulator)
        mount.kill()
        done = run("ls", mount.point)
        expect(done.returncode != 0 and "not connected" in done.stderr, f"ls says {done}")
        attempt.fails("fusermount3 -u", point=mount.point, dead_mount=True)
        done = run("fusermount3", "-u", mount.point)
        expect_equal(done.returncode, 0, "fusermount3 -u of the dead mount")
        again = Mount(scene, simulator, state=mount.state)
        expect_equal(sorted(os.listdir(again.point)), ["DC1", "Europe", "by-key"], "the root")
        again.unmount()


@contextlib.contextmanager
def held_while_starting(simulator, command):
    """The program, started, while the vCenter does not answer its first look at the inventory."""
    simulator.control("expire-sessions")  # those of daemons that were killed
    held = simulator.inject("hold", "CreateContainerView", count=0)
    process = spawn(command, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: simulator.held(held) > 0, "it reads the inventory")
        expect_equal(simulator.sessions(), 1, "sessions")
        yield process
    finally:
        simulator.control("release", number=held)
        simulator.control("clear")
        end_process(process)


def rows_of_ending_early(matrix, attempt, simulator):
    program = binary("VTPMFS_BIN", "fs/vtpmfs")
    with matrix.row("SIGTERM before the mount answers: exit 130, no mount, no session left"):
        words = attempt.words()
        with held_while_starting(simulator, [program, "-f", *words]) as process:
            process.terminate()
            expect_equal(process.wait(75), 130, "exit status")
            expect_equal(simulator.sessions(), 0, "sessions")
            expect(mount_line(words[-1]) is None, "mounted")
    with matrix.row("whoever started it was killed: the daemon does not mount behind his back"):
        words = attempt.words()
        with held_while_starting(simulator, [program, *words]) as process:
            process.kill()
            process.wait()
        wait_until(lambda: simulator.sessions() == 0, "the daemon logs out", 75)
        wait_until(lambda: mount_line(words[-1]) is None, "it unmounts")
    with matrix.row("an inventory that cannot be read is told at once, not after an hour"):
        simulator.inject("fault", "CreateContainerView", fault={"type": "SystemError"}, count=0)
        attempt.fails("the inventory cannot be read", status=1)
        simulator.control("clear")


def rows_of_a_changed_password(matrix, attempt, simulator):
    with matrix.row("after a refused login the mount waits for SIGHUP, and then goes on"):
        mount = Mount(attempt.scene, simulator)
        password = mount.command[mount.command.index("--password-file") + 1]
        simulator.control("add-user", user=USER, password="another one")
        simulator.reset_counts()
        simulator.control("expire-sessions")
        simulator.control("create-vm", name="meanwhile", folder="DC1/vm/Empty")
        wait_until(lambda: mount.log_has("failed"), "the login is refused")
        expect_equal(simulator.counts().get("Login", 0), 1, "logins tried")
        with open(password, "w", encoding="utf-8") as file:
            file.write("another one\n")
        os.kill(mount.process.pid, signal.SIGHUP)
        wait_until(lambda: "meanwhile" in os.listdir(mount.path("DC1/vm/Empty")), "the new VM shows")
        mount.unmount()
        expect_equal(simulator.sessions(), 0, "sessions")
        simulator.control("add-user", user=USER, password=PASSWORD)
        simulator.destroy("meanwhile")


def main():
    matrix = Matrix("mounting and unmounting")
    need_mounts(matrix)
    with Scene() as scene:
        simulator = Simulator(scene, "--vms", "6")
        attempt = Attempt(scene, simulator)
        rows_of_mounting(matrix, attempt, simulator)
        rows_of_logging_in(matrix, attempt, simulator)
        rows_of_trust(matrix, attempt, simulator)
        rows_of_mount_points(matrix, attempt, simulator)
        rows_of_ending(matrix, attempt, simulator)
        rows_of_ending_early(matrix, attempt, simulator)
        rows_of_a_changed_password(matrix, attempt, simulator)
    matrix.end()


if __name__ == "__main__":
    main()
