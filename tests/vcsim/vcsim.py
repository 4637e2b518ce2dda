#!/usr/bin/env -S python3 -B
"""VMware's own simulator as a peer that we did not write: reading its inventory, restoring into it."""

import os
import re
import shutil
import ssl
import sys
import urllib.request
from xml.sax.saxutils import escape

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "mount"))

from harness.matrix import Matrix, need_mounts
from harness.mount import Mount
from harness.process import (PATIENCE, Failure, clean_environment, expect, expect_equal,
                             has_ended, run, run_well, spawn, wait_until)
from harness.restoring import status_of
from harness.scene import Scene
from harness.truth import SET, certificates_of, check_sums, moref_of, read_bytes, vm_directories
from harness.watching import fill_caches, gone, there

USER = "administrator@vsphere.local"
PASSWORD = "vtpmfs-Secret-1"
NVRAM_SIZE = 270840
XSI = "http://www.w3.org/2001/XMLSchema-instance"


class Peer:
    """vcsim, dressed with vTPMs by tests/vcsim/main.go."""

    def __init__(self, scene, *options):
        directory = scene.directory("vcsim")
        ready = os.path.join(directory, "ready")
        self.log = os.path.join(directory, "log")
        with open(self.log, "w", encoding="utf-8") as log:
            self.process = spawn(
                [os.environ["VCSIM_BIN"], "-ready-file", ready, "-username", USER,
                 "-password", PASSWORD, *options],
                stdout=log, stderr=log, env=clean_environment(TMPDIR=directory),
            )
        scene.at_end(self.stop)
        wait_until(lambda: os.path.exists(ready) or has_ended(self.process), "vcsim starts", 90)
        if has_ended(self.process):
            raise Failure(f"vcsim ended with {self.process.returncode}: {read_bytes(self.log)[-300:]}")
        with open(ready, encoding="utf-8") as file:
            url, self.thumbprint = file.read().split()
        self.address = url.split("//")[1].split("/")[0]
        self.ca_file = None

    def stop(self):
        """At once: asked to end, it waits for its clients. Its files lie in our directory."""
        self.process.kill()
        self.process.wait()


class Administrator:
    """Somebody else who is logged in there, and ends sessions. The peer's own idle time would not do: it ends
    with the request that logged in."""

    ENVELOPE = ('<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">'
                '<s:Body>{}</s:Body></s:Envelope>')

    def __init__(self, peer):
        self.url = f"https://{peer.address}/sdk"
        trusting = ssl.create_default_context()
        trusting.check_hostname = False
        trusting.verify_mode = ssl.CERT_NONE
        self.opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trusting),
            urllib.request.HTTPCookieProcessor())
        self.key = self._keys(self.call(
            f'<Login xmlns="urn:vim25"><_this type="SessionManager">SessionManager</_this>'
            f"<userName>{USER}</userName><password>{PASSWORD}</password></Login>"))[0]

    def call(self, body):
        request = urllib.request.Request(
            self.url, data=self.ENVELOPE.format(body).encode(),
            headers={"Content-Type": "text/xml", "SOAPAction": "urn:vim25/7.0"})
        with self.opener.open(request, timeout=60 * PATIENCE) as answer:
            return answer.read().decode()

    @staticmethod
    def _keys(answer):
        return re.findall(r"<key>([^<]+)</key>", answer)

    def others(self):
        """The keys of the sessions that are not this one."""
        answer = self.call(
            '<RetrievePropertiesEx xmlns="urn:vim25"><_this type="PropertyCollector">propertyCollector</_this>'
            "<specSet><propSet><type>SessionManager</type><pathSet>sessionList</pathSet></propSet>"
            '<objectSet><obj type="SessionManager">SessionManager</obj></objectSet></specSet><options/>'
            "</RetrievePropertiesEx>")
        return [key for key in self._keys(answer) if key != self.key]

    def end_others(self):
        ended = self.others()
        expect(ended, "nobody else is logged in")
        keys = "".join(f"<sessionId>{key}</sessionId>" for key in ended)
        self.call('<TerminateSession xmlns="urn:vim25"><_this type="SessionManager">SessionManager</_this>'
                  f"{keys}</TerminateSession>")
        return ended


    def do(self, operation, kind, ref, arguments=""):
        """An operation of one object, with its arguments as XML; what it answers."""
        return self.call(f'<{operation} xmlns="urn:vim25"><_this type="{kind}">{ref}</_this>{arguments}</{operation}>')

    def reconfigure(self, vm, spec):
        self.do("ReconfigVM_Task", "VirtualMachine", vm, f'<spec xmlns:xsi="{XSI}">{spec}</spec>')

    def parent_of(self, vm):
        answer = self.call(
            '<RetrievePropertiesEx xmlns="urn:vim25"><_this type="PropertyCollector">propertyCollector</_this>'
            "<specSet><propSet><type>VirtualMachine</type><pathSet>parent</pathSet></propSet>"
            f'<objectSet><obj type="VirtualMachine">{vm}</obj></objectSet></specSet><options/></RetrievePropertiesEx>')
        return re.search(r"<val [^>]*>([^<]+)</val>", answer)[1]


class PeerMount(Mount):
    """A mount that trusts the peer by its thumbprint."""

    def __init__(self, scene, peer, *options):
        super().__init__(scene, peer, "--thumbprint", peer.thumbprint, *options)


SHAPES = [
    ((), 4),
    (("-dc", "2", "-folder", "1", "-vm", "2"), 8),
    (("-pool", "1", "-app", "1", "-vm", "2"), None),
    (("-dc", "2", "-folder", "1", "-pool", "1", "-app", "1", "-vm", "3"), None),
]


def rows_of_reading(matrix, scene):
    for options, wanted in SHAPES:
        with matrix.row(f"vcsim {' '.join(options) or 'by default'}: every VM is saved, and its sums pass"):
            peer = Peer(scene, *options)
            mount = PeerMount(scene, peer, "-o", "ro")
            copy = scene.directory("copy")
            run_well("cp", "-a", mount.point + "/.", copy)
            machines = vm_directories(copy)
            expect(len(machines) >= 4, f"only {len(machines)} VMs")
            if wanted is not None:
                expect_equal(len(machines), wanted, "VMs")
            for directory in machines:
                expect_equal(sorted(os.listdir(directory)), sorted(SET), directory)
                check_sums(directory)
                expect_equal(os.path.getsize(directory + "/nvram"), NVRAM_SIZE, "size of nvram")
                expect(certificates_of(directory), "no certificates")
            mount.unmount()
            peer.stop()


def rows_of_restoring(matrix, scene):
    for key_by in ("create", "reconfigure"):
        peer = Peer(scene, "-key-by", key_by)
        mount = PeerMount(scene, peer, "--vms=all")
        saved = scene.directory("saved")
        run_well("cp", "-a", mount.path("DC0/vm") + "/.", saved)
        first = sorted(os.listdir(saved))[0]
        for name, folder in (("restored-1", ""), ("restored-2", "New/Deep")):
            with matrix.row(f"-key-by {key_by}: cp -r makes {folder or 'vm'}/{name}, checked by reading back"):
                source = os.path.join(scene.directory("source"), name)
                shutil.copytree(os.path.join(saved, first), source)
                into = mount.path("DC0/restore", folder)
                os.makedirs(into, exist_ok=True)
                done = run("cp", "-r", source, into + "/")
                staged = os.path.join(into, name)
                expect_equal(done.returncode, 0, f"exit status ({done.stderr} {status_of(staged)})")
                expect_equal(status_of(staged)["state"], "done", "restore.status")
                # It tells of one hardware version, whatever it is asked about, and takes any.
                warned = " ".join(status_of(staged)["warnings"])
                expect("could not be asked" in warned and "tells of 'vmx-13'" in warned, f"hardware: {warned}")
                made = mount.path("DC0/vm", folder, name)
                wait_until(lambda path=made: os.path.isdir(path), "the VM shows")
                for file in ("keyId", "encryption.bundle", "firmware", "nvram"):
                    expect_equal(read_bytes(f"{made}/{file}"), read_bytes(f"{source}/{file}"), file)
                expect_equal(certificates_of(made), certificates_of(source), "EK certificates")
        with matrix.row(f"-key-by {key_by}: a name that is taken makes no second VM"):
            done = run("cp", "-r", os.path.join(saved, first), mount.path("DC0/restore") + "/")
            expect(done.returncode != 0 and "File exists" in done.stderr, f"cp: {done}")
        mount.unmount()
        peer.stop()


def row_of_datastore_cluster(matrix, scene):
    with matrix.row("--restore-datastore names a datastore cluster: the VM lies on its member"):
        peer = Peer(scene, "-pod", "1")
        for new, name, errno in (("by name", "DC0_POD0", None),
                                 ("by member", "/DC0/datastore/DC0_POD0/LocalDS_0", None),
                                 ("by wrong path", "/DC0/datastore/LocalDS_0", "ENOENT")):
            mount = PeerMount(scene, peer, "--vms=all", "--restore-datastore", name)
            saved = scene.directory("saved")
            run_well("cp", "-a", mount.path("DC0/vm") + "/.", saved)
            source = os.path.join(scene.directory("source"), new)
            shutil.copytree(vm_directories(saved)[0], source)
            done = run("cp", "-r", source, mount.path("DC0/restore") + "/")
            status = status_of(mount.path("DC0/restore", new))
            expect_equal(status.get("errno"), errno, f"errno with {name} ({done.stderr} {status})")
            expect_equal(status["state"], "failed" if errno else "done", "restore.status")
            mount.unmount()
        peer.stop()


def rows_of_ended_sessions(matrix, scene):
    peer = Peer(scene)
    administrator = Administrator(peer)
    mount = PeerMount(scene, peer, "--vms=all")
    with matrix.row("a session that vcsim ended is begun anew for a restore: the VM is made, and shows"):
        saved = scene.directory("saved")
        ended = administrator.end_others()
        run_well("cp", "-a", mount.path("DC0/vm") + "/.", saved)
        source = os.path.join(scene.directory("source"), "after the end")
        shutil.copytree(vm_directories(saved)[0], source)
        check_sums(source)
        run_well("cp", "-r", source, mount.path("DC0/restore") + "/")
        begun = administrator.others()
        expect(begun and not set(ended) & set(begun), f"sessions: {begun}, before {ended}")
        made = mount.path("DC0/vm/after the end")
        wait_until(lambda: os.path.isdir(made), "the VM shows")
        expect_equal(read_bytes(f"{made}/nvram"), read_bytes(f"{source}/nvram"), "nvram")
    with matrix.row("unmounting leaves no session there"):
        mount.unmount()
        expect_equal(administrator.others(), [], "sessions")
    peer.stop()


def rows_of_changes(matrix, scene):
    """What vcsim's feed tells, and what only a look tells: it reports no changes of extraConfig."""
    peer = Peer(scene, "-vm", "6")
    administrator = Administrator(peer)
    mount = PeerMount(scene, peer, "-o", "ro", "--vms=all", "--pin", "0", "--nvram-poll", "1")
    top = mount.path("DC0/vm")
    fill_caches(top)
    machines = {name: moref_of(os.path.join(top, name)) for name in sorted(os.listdir(top))}
    unused = sorted(machines)
    folder = administrator.parent_of(machines[unused[0]])

    def shows(name):
        wait_until(lambda: there(os.path.join(top, name)), f"{name} shows")

    def goes(name):
        wait_until(lambda: gone(os.path.join(top, name)), f"{name} goes")

    def value_of(answer):
        return re.search(r"<returnval [^>]*>([^<]+)</returnval>", answer)[1]

    with matrix.row("changes at vcsim show: a VM that is renamed"):
        old = unused.pop()
        administrator.reconfigure(machines[old], "<name>renamed</name>")
        shows("renamed")
        goes(old)
        check_sums(os.path.join(top, "renamed"))
    with matrix.row("... that is cloned"):
        administrator.do("CloneVM_Task", "VirtualMachine", machines[unused[0]],
                         f'<folder type="Folder">{folder}</folder><name>cloned</name>'
                         "<spec><location/><template>false</template><powerOn>false</powerOn></spec>")
        shows("cloned")
    with matrix.row("... that moves into a new folder, and the folder"):
        old = unused.pop()
        made = value_of(administrator.do("CreateFolder", "Folder", folder, "<name>New</name>"))
        shows("New")
        administrator.do("MoveIntoFolder_Task", "Folder", made,
                         f'<list type="VirtualMachine">{machines[old]}</list>')
        shows(f"New/{old}")
        goes(old)
        check_sums(os.path.join(top, "New", old))
    with matrix.row("... that is deleted, and one that is unregistered"):
        for operation in ("Destroy_Task", "UnregisterVM"):
            old = unused.pop()
            administrator.do(operation, "VirtualMachine", machines[old])
            goes(old)
    with matrix.row("... whose bundle is another one, of which the feed says nothing"):
        name = unused.pop()
        path = os.path.join(top, name)
        before = read_bytes(path + "/encryption.bundle").decode()
        since = os.stat(path + "/encryption.bundle").st_mtime
        letter = "A" if before[-4] != "A" else "B"
        after = before[:-4] + letter + before[-3:]
        administrator.reconfigure(
            machines[name], "<extraConfig><key>encryption.bundle</key>"
            f'<value xmlns:xsd="http://www.w3.org/2001/XMLSchema" xsi:type="xsd:string">{escape(after)}</value>'
            "</extraConfig>")
        wait_until(lambda: os.stat(path + "/encryption.bundle").st_mtime > since, "the bundle's time moves")
        expect_equal(read_bytes(path + "/encryption.bundle").decode(), after, "the bundle")
        check_sums(path)
    with matrix.row("... that loses its vTPM, of which the feed says nothing either"):
        name = unused.pop()
        administrator.reconfigure(
            machines[name], "<deviceChange><operation>remove</operation>"
            '<device xsi:type="VirtualTPM"><key>11000</key></device></deviceChange>')
        wait_until(lambda: "vtpm.json" not in os.listdir(os.path.join(top, name)), "vtpm.json goes")
    with matrix.row("... while the session was ended: what changed meanwhile shows"):
        old = unused.pop()
        administrator.end_others()
        administrator.reconfigure(machines[old], "<name>renamed later</name>")
        shows("renamed later")
        goes(old)
    mount.unmount()
    peer.stop()


def main():
    matrix = Matrix("VMware's vcsim as a peer")
    need_mounts(matrix)
    if not os.access(os.environ.get("VCSIM_BIN", ""), os.X_OK):
        matrix.skip_all("vcsim was not built: Go or govmomi's source is missing")
    with Scene() as scene:
        rows_of_reading(matrix, scene)
        rows_of_restoring(matrix, scene)
        row_of_datastore_cluster(matrix, scene)
        rows_of_ended_sessions(matrix, scene)
        rows_of_changes(matrix, scene)
    matrix.end()


if __name__ == "__main__":
    main()
