"""Those that vtpmfs is compared with: curl, a bulk client, sshfs, rclone."""

import getpass
import os
import shutil
import socket
import ssl
import urllib.parse
import urllib.request

from harness.mount import is_mounted, unmount_lazily
from harness.process import Skip, end_process, has_ended, run_well, spawn, wait_until
from harness.simulator import PASSWORD, USER


class Way:
    """How a peer reaches a port of this machine: at once, or through the proxy that stands for distance."""

    def __init__(self, scene, port, milliseconds, program):
        self.port = port
        self.pids = []
        if milliseconds == 0:
            return
        ready = os.path.join(scene.directory("delay"), "ready")
        proxy = spawn([program, "-to", f"127.0.0.1:{port}", "-round-trip", f"{milliseconds}ms",
                       "-ready-file", ready])
        scene.at_end(end_process, proxy)
        wait_until(lambda: os.path.exists(ready) or has_ended(proxy), "the delaying proxy starts")
        with open(ready, encoding="utf-8") as file:
            self.port = int(file.read())
        self.pids = [proxy.pid]


class Curl:
    """The floor: all nvrams over eight connections, and nothing else; it has been told where they lie."""

    def __init__(self, scene, simulator, way):
        self.scene = scene
        self.simulator = simulator
        self.origin = f"https://127.0.0.1:{way.port}"
        self.cookie = self._log_in()

    def _log_in(self):
        body = ('<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
                '<Login xmlns="urn:vim25"><_this type="SessionManager">SessionManager</_this>'
                f"<userName>{USER}</userName><password>{PASSWORD}</password></Login></s:Body></s:Envelope>")
        request = urllib.request.Request(
            self.origin + "/sdk", data=body.encode(),
            headers={"Content-Type": "text/xml", "SOAPAction": "urn:vim25/8.0.2.0"})
        trusting = ssl.create_default_context(cafile=self.simulator.ca_file)
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trusting))
        with opener.open(request, timeout=60) as answer:
            return answer.headers["Set-Cookie"].split(";")[0]

    def command(self, out):
        lines = []
        for number, (path, vm) in enumerate(self.simulator.vms().items()):
            query = urllib.parse.urlencode(
                {"dcPath": path.split("/vm/")[0], "dsName": vm["vmx"][1:].split("]")[0]},
                quote_via=urllib.parse.quote)
            place = urllib.parse.quote(vm["nvram"])
            lines.append(f'url = "{self.origin}/folder/{place}?{query}"\noutput = "{out}/{number}"\n')
        config = self.scene.file("curl.cfg", "".join(lines))
        return ["curl", "-sS", "--no-progress-meter", "--fail", "--cacert", self.simulator.ca_file,
                "-b", self.cookie, "--parallel", "--parallel-max", "8", "-K", config]


class Bulk:
    """tests/bench/bulk: one bulk call, eight workers."""

    def __init__(self, scene, simulator, way, program):
        password = scene.file("bulk-password", PASSWORD + "\n")
        self.words = [program, "-server", f"https://127.0.0.1:{way.port}/sdk", "-user", USER,
                      "-password-file", password, "-ca-file", simulator.ca_file]

    def command(self, out):
        return [*self.words, "-out", out]


class Sshd:
    """A server on a free high port of the loopback interface, with keys that end with the scene."""

    def __init__(self, scene, tree):
        program = shutil.which("sshd") or "/usr/sbin/sshd"
        for needed in (program, "/usr/bin/ssh-keygen"):
            if not os.path.exists(needed):
                raise Skip(f"{needed} is not installed")
        self.tree = tree
        place = scene.directory("sshd")
        self.key = os.path.join(place, "key")
        for name in ("host", "key"):
            run_well("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", os.path.join(place, name))
        self.port = free_port()
        config = scene.file("sshd_config", "\n".join([
            f"Port {self.port}", "ListenAddress 127.0.0.1", f"HostKey {place}/host",
            f"AuthorizedKeysFile {place}/key.pub", "StrictModes no", "UsePAM no", "PidFile none",
            "PasswordAuthentication no", "PermitRootLogin prohibit-password",
            "Subsystem sftp internal-sftp", ""]))
        if os.geteuid() == 0:
            os.makedirs("/run/sshd", mode=0o755, exist_ok=True)  # sshd's own, which its service makes
        log = os.open(os.path.join(place, "log"), os.O_WRONLY | os.O_CREAT, 0o600)
        self.process = spawn([program, "-D", "-e", "-f", config], stderr=log)
        os.close(log)
        scene.at_end(end_process, self.process)
        wait_until(lambda: has_ended(self.process) or is_listening(self.port), "sshd listens")
        if has_ended(self.process):
            with open(os.path.join(place, "log"), encoding="utf-8") as text:
                raise Skip(f"sshd ended: {text.read().strip()[-200:]}")
        self.user = getpass.getuser()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_listening(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class MountedPeer:
    """sshfs or rclone, as their manual pages say, reading from a Sshd."""

    def __init__(self, scene, name, sshd, way):
        if shutil.which(name) is None:
            raise Skip(f"{name} is not installed")
        self.point = scene.directory(name)
        if name == "sshfs":
            words = ["sshfs", "-f", "-p", way.port, "-o",
                     f"IdentityFile={sshd.key},StrictHostKeyChecking=no,UserKnownHostsFile=/dev/null,"
                     "BatchMode=yes,LogLevel=ERROR,ro",
                     f"{sshd.user}@127.0.0.1:{sshd.tree}", self.point]
        else:
            words = ["rclone", "mount", f":sftp:{sshd.tree}", self.point, "--read-only",
                     "--config", scene.file("rclone.conf", ""), "--sftp-host", "127.0.0.1",
                     "--sftp-port", way.port, "--sftp-user", sshd.user, "--sftp-key-file", sshd.key,
                     # Else it has sshd start md5sum for each file.
                     "--sftp-disable-hashcheck", "--no-checksum"]
        log_name = os.path.join(scene.directory("log"), name)
        log = os.open(log_name, os.O_WRONLY | os.O_CREAT, 0o600)
        self.process = spawn(words, stdout=log, stderr=log)
        os.close(log)
        scene.at_end(self.end)
        wait_until(lambda: has_ended(self.process) or is_mounted(self.point), f"{name} mounts")
        if has_ended(self.process):
            with open(log_name, encoding="utf-8") as text:
                raise Skip(f"{name} ended: {text.read().strip()[-200:]}")
        self.pids = [self.process.pid, sshd.process.pid]

    def end(self):
        unmount_lazily(self.point)
        end_process(self.process)
