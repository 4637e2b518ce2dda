"""Copies of a whole tree: cold and warm, near and far, against the peers."""

import contextlib
import os
import shutil
import tempfile
import types

from course.clock import measure
from course.peers import Bulk, Curl, MountedPeer, Sshd, Way
from course.tools import TOOLS
from harness.mount import Mount
from harness.process import Skip, expect, expect_equal
from harness.simulator import Simulator
from harness.truth import check_tree, vm_directories

FILES_A_VM = 7


class Copies:
    """Runs everything, round after round, so that what else the machine does meets all alike."""

    def __init__(self, scene, settings, say):
        self.scene = scene
        self.settings = settings
        self.say = say
        self.records = []
        self.skipped = {}
        self.simulator = Simulator(scene, "--no-specials", "--vms", str(settings.vms))
        self.memory = tempfile.mkdtemp(prefix="vtpmfs-bench-", dir=settings.tmpfs)
        scene.at_end(shutil.rmtree, self.memory, True)
        self.tree = os.path.join(self.memory, "tree")

    def record(self, who, tool, trip, state, cost, files):
        self.records.append({"who": who, "tool": tool, "trip_ms": trip, "state": state, "files": files,
                             "round": self.round, **cost.as_json()})
        self.say(f"{who:8} {tool:6} {trip:3} ms {state:6} {cost.seconds:8.2f} s"
                 f" {cost.seconds / files * 1e6:8.0f} µs a file   processor: tool {cost.tool:.2f} s,"
                 f" daemon {cost.server:.2f} s, simulator {cost.simulator:.2f} s")

    @contextlib.contextmanager
    def output(self):
        """An empty directory on tmpfs."""
        out = tempfile.mkdtemp(dir=self.memory)
        try:
            yield out
        finally:
            shutil.rmtree(out)

    def run_all(self):
        self.round = 0
        self.make_tree()
        for self.round in range(1, self.settings.rounds + 1):
            for trip in self.settings.trips:
                self.run_floor(trip)
                for tool in TOOLS:
                    self.run_vtpmfs(tool, trip)
                self.run_bulk(trip)
            for tool in TOOLS:
                self.run_tmpfs(tool)
            if self.round <= self.settings.peer_rounds:
                for name in ("sshfs", "rclone"):
                    for trip in self.settings.trips:
                        self.run_mounted(name, trip)

    @property
    def files(self):
        return self.settings.vms * FILES_A_VM

    def make_tree(self):
        """What sshfs, rclone and tmpfs have to give: vtpmfs's own tree, checked against the simulator."""
        mount = self.mount(0)
        os.mkdir(self.tree)
        measure(TOOLS["cp"](mount.point, self.tree))
        check_tree(self.tree, self.simulator.vms(digests=True))
        mount.unmount()
        for trip in self.settings.trips:
            sample = os.path.join(self.memory, f"sample-{trip}")
            for number, directory in enumerate(vm_directories(self.tree)[:self.sample(trip)]):
                shutil.copytree(directory, os.path.join(sample, str(number)))

    def sample(self, trip):
        """How many VMs a slow peer has to copy: its cost a file does not depend on it, and life is short."""
        return min(self.settings.vms, 10 if trip else 200)

    def way(self, port, trip):
        return Way(self.scene, port, trip, self.settings.delay_program)

    def mount(self, trip):
        way = self.way(self.simulator.port, trip)
        server = types.SimpleNamespace(
            address=f"{self.simulator.address.rpartition(':')[0]}:{way.port}", ca_file=self.simulator.ca_file)
        return Mount(self.scene, server, "-o", "ro")

    def run_floor(self, trip):
        curl = Curl(self.scene, self.simulator, self.way(self.simulator.port, trip))
        with self.output() as out:
            cost = measure(curl.command(out), simulators=[self.simulator.process.pid])
            expect_equal(len(os.listdir(out)), self.settings.vms, "files that curl saved")
            self.record("curl", "-", trip, "cold", cost, self.settings.vms)

    def run_bulk(self, trip):
        program = self.settings.bulk_program
        if not os.access(program, os.X_OK):
            self.skipped["bulk"] = "it could not be built: Go or govmomi is missing"
            return
        bulk = Bulk(self.scene, self.simulator, self.way(self.simulator.port, trip), program)
        with self.output() as out:
            cost = measure(bulk.command(out), simulators=[self.simulator.process.pid])
            saved = sum("nvram" in files for _, _, files in os.walk(out))
            expect_equal(saved, self.settings.vms, "nvrams that the bulk client saved")
            self.record("bulk", "-", trip, "cold", cost, self.settings.vms)

    def run_vtpmfs(self, tool, trip):
        mount = self.mount(trip)
        with contextlib.closing(types.SimpleNamespace(close=mount.unmount)):
            for state in ("cold", "warm"):
                self.simulator.reset_counts()
                with self.output() as out:
                    cost = measure(TOOLS[tool](mount.point, out), [mount.process.pid],
                                   [self.simulator.process.pid])
                self.record("vtpmfs", tool, trip, state, cost, self.files)
                self.records[-1]["requests"] = self.simulator.counts()

    def run_tmpfs(self, tool):
        with self.output() as out:
            self.record("tmpfs", tool, 0, "warm", measure(TOOLS[tool](self.tree, out)), self.files)

    def run_mounted(self, name, trip):
        source = os.path.join(self.memory, f"sample-{trip}")
        try:
            for tool in TOOLS:
                sshd = Sshd(self.scene, source)
                peer = MountedPeer(self.scene, name, sshd, self.way(sshd.port, trip))
                for state in ("cold", "warm"):
                    with self.output() as out:
                        cost = measure(TOOLS[tool](peer.point, out), peer.pids)
                    self.record(name, tool, trip, state, cost, self.sample(trip) * FILES_A_VM)
                peer.end()
        except Skip as reason:
            self.skipped[name] = str(reason)

    def count_requests(self):
        """One more cold copy and a warm one, with each SOAP message kept and looked at."""
        counted = {}
        for tool in ("cp", "tar"):
            mount = self.mount(0)
            for state in ("cold", "warm"):
                kept = self.scene.directory("messages")
                self.simulator.control("capture", directory=kept)
                self.simulator.reset_counts()
                with self.output() as out:
                    measure(TOOLS[tool](mount.point, out))
                reads = self.simulator.counts().get("GET /folder", 0)
                self.simulator.control("capture", directory="")
                counted[f"{tool} {state}"] = {"GET": reads, **calls_by_kind(kept)}
            mount.unmount()
        return counted


def calls_by_kind(directory):
    """SOAP calls by operation; apart from the others those that only look whether changeVersion is as it was."""
    calls = {}
    for name in sorted(os.listdir(directory)):
        if not name.endswith("-req.xml"):
            continue
        operation = name.split("-")[1]
        with open(os.path.join(directory, name), encoding="utf-8") as file:
            text = file.read()
        expect("<" in text, f"{name} holds no message")
        paths = text.count("pathSet>") // 2
        if operation == "RetrievePropertiesEx" and paths == 1 and "config.changeVersion" in text:
            operation = "changeVersion again"
        calls[operation] = calls.get(operation, 0) + 1
    return calls
