"""The simulated vCenter as a child process, and its control port."""

import contextlib
import json
import os
import urllib.error
import urllib.request

from harness.matrix import binary
from harness.process import (PATIENCE, Failure, complaints, end_process, expect, has_ended, spawn,
                             wait_until)

PASSWORD = "vtpmfs-Secret-1"
USER = "administrator@vsphere.local"


class Simulator:
    """vcenter-simulator with the given options; ends with the scene."""

    def __init__(self, scene, *options):
        self.directory = scene.directory("simulator")
        self.stopped = False
        ready_file = os.path.join(self.directory, "ready.json")
        self.log = os.path.join(self.directory, "log")
        words = scene.file("simulator-password", PASSWORD + "\n")
        with open(self.log, "w", encoding="utf-8") as log:
            self.process = spawn(
                [binary("SIMULATOR_BIN", "tests/simulator/vcenter-simulator"),
                 "--cert-dir", self.directory, "--ready-file", ready_file,
                 "--user", USER, "--password-file", words, *options],
                stdout=log, stderr=log,
            )
        scene.at_end(self.stop)
        wait_until(
            lambda: os.path.exists(ready_file) or has_ended(self.process), "the simulator starts", 60
        )
        if has_ended(self.process):
            with open(self.log, encoding="utf-8") as log:
                raise Failure(f"the simulator ended with {self.process.returncode}: {log.read()}")
        with open(ready_file, encoding="utf-8") as ready:
            facts = json.load(ready)
        self.url = facts["url"]
        self.address = self.url.split("//")[1].rstrip("/")
        self.port = int(self.address.rpartition(":")[2])
        self.ca_file = facts["ca_file"]
        self.sha1 = facts["thumbprint_sha1"]
        self.sha256 = facts["thumbprint_sha256"]
        self._control = facts["control"]
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def stop(self):
        """Once: a status other than 0 is the matrix's failure, whoever stops it."""
        if self.stopped:
            return
        self.stopped = True
        status = end_process(self.process)
        if status != 0:
            with open(self.log, encoding="utf-8", errors="replace") as log:
                complaints.append(f"the simulator ended with {status}: {log.read()[-2000:]}")

    def control(self, verb, **arguments):
        """One control verb; its result, or a failure with the simulator's words."""
        request = urllib.request.Request(
            self._control,
            data=json.dumps({"verb": verb, **arguments}).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with self._opener.open(request, timeout=60 * PATIENCE) as reply:
                answer = json.load(reply)
        except urllib.error.HTTPError as error:
            answer = json.loads(error.read() or "{}")
        expect(answer.get("ok"), f"the simulator's verb {verb}: {answer.get('error')}")
        return answer["result"]

    def switch(self, name, value):
        self.control("switch", name=name, value=value)

    def inject(self, kind, match, **more):
        """Trouble for requests of one kind; see the simulator's README."""
        return self.control("inject", kind=kind, match=match, **more)

    def held(self, number):
        """How many requests an injection holds now."""
        return self.control("hits", number=number)["held"]

    def calm(self):
        """No switches, no injected trouble, all operations known."""
        self.control("clear")
        self.control("reset-switches")
        self.control("enable-operations")
        self.control("latency", ms=0)
        self.control("task-delay", ms=0)

    @contextlib.contextmanager
    def calmed(self):
        """Whatever the body turns or injects ends with it, also when its row fails."""
        try:
            yield
        finally:
            self.calm()

    # What it was asked for.
    def counts(self):
        return self.control("counts")

    def reset_counts(self):
        self.control("reset-counts")

    def sessions(self):
        return self.control("sessions")

    # What is in it.
    def vms(self, digests=False):
        """All machines, by path."""
        return {vm["path"]: vm for vm in self.control("list-vms", digests=digests)}

    def vm(self, name):
        return self.control("vm", vm=name)

    def named(self, name):
        """All machines of that name."""
        return [vm for vm in self.control("list-vms") if vm["name"] == name]

    def destroy(self, name):
        self.control("destroy-vm", vm=name)


def soap_calls(counts):
    """How many of the counted requests were SOAP calls."""
    return sum(number for kind, number in counts.items() if " " not in kind)


def file_reads(counts):
    return counts.get("GET /folder", 0)


def make_whole(simulator):
    """Mends the fleet's special machines whose state cannot be had."""
    machines = simulator.vms()
    if "DC1/vm/Special/locked" not in machines:
        return
    simulator.control("unlock-vm", vm="locked")
    simulator.control("set-datastore", datastore="dead", accessible=True)
    host = "DC1/host/Cluster1/Cluster1-esx3.example.test"
    simulator.control("set-host", host=host, connection="connected")
    # The nvram of the machine called `..` is called `.._.nvram`, a name that is never fetched. Another
    # machine takes its name, with files that are called otherwise.
    folder = "DC1/vm/Awkward %2f names"
    simulator.destroy(machines[folder + "/.."]["id"])
    simulator.control("create-vm", name="dots", folder=folder)
    simulator.control("rename-vm", vm="dots", name="..")
