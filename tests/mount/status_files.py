#!/usr/bin/env -S python3 -B
"""What the mount tells of itself: .vtpmfs/status.json, metrics and events.log, the log, user.vtpmfs.*."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess

from harness.crashes import Crashes
from harness.matrix import Matrix, binary, need_mounts, need_program
from harness.metrics import samples_of
from harness.mount import Mount, errno_of
from harness.process import (Skip, clean_environment, expect, expect_equal, has_ended, run, run_well, spawn,
                             wait_until, within)
from harness.restoring import Vault
from harness.scene import Scene
from harness.simulator import PASSWORD, USER, Simulator
from harness.truth import read_bytes, sha256_of

OURS = ["events.log", "metrics", "status.json"]
SICK = "win00002"
EVENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (info|warning|error|critical) (\S+) (.+)")


def status_of(mount):
    with open(mount.path(".vtpmfs/status.json"), encoding="utf-8") as file:
        return json.load(file)


def events_of(mount):
    """The events as (level, operation id, words); fails where a line is no event."""
    found = []
    for line in read_bytes(mount.path(".vtpmfs/events.log")).decode().splitlines():
        event = EVENT.fullmatch(line)
        expect(event, f"no event: {line!r}")
        found.append(event.groups())
    return found


def wait_for_event(mount, words, what=None):
    """The first event with these words, once it is there."""
    def look():
        return next((event for event in events_of(mount) if words in event[2]), None)

    return wait_until(look, what or f"an event with {words!r}", pause=0.2)


def metrics_of(mount):
    return samples_of(read_bytes(mount.path(".vtpmfs/metrics")).decode())


def rows_of_reading(matrix, scene, mount):
    with matrix.row(".vtpmfs is in no listing, and its three files are"):
        expect(".vtpmfs" not in os.listdir(mount.point), "the root lists it")
        found = run_well("find", mount.point, "-name", ".vtpmfs*").stdout
        expect_equal(found, "", "what find comes upon")
        expect_equal(sorted(os.listdir(mount.path(".vtpmfs"))), OURS, "its files")
        mode = stat.S_IMODE(os.stat(mount.path(".vtpmfs/status.json")).st_mode)
        expect_equal(mode, 0o600, "mode of status.json")
    with matrix.row("cat, cp, tail, dd, tar, rsync and jq get the whole text of status.json"):
        path = mount.path(".vtpmfs/status.json")
        copies = scene.directory("copies")
        json.loads(run_well("cat", path).stdout)
        json.loads(run_well("tail", "-n", "+1", path).stdout)
        expect_equal(run_well("tail", "-n", "1", path).stdout, "}\n", "the last line")
        json.loads(run_well("dd", f"if={path}", "bs=7", "status=none").stdout)
        for command in (("cp", path, copies + "/cp"), ("rsync", "-a", path, copies + "/rsync"),
                        ("tar", "-C", mount.path(".vtpmfs"), "-cf", copies + "/tar.tar", "status.json")):
            run_well(*command)
        run_well("tar", "-C", copies, "-xf", copies + "/tar.tar")
        for name in ("cp", "rsync", "status.json"):
            expect(json.loads(read_bytes(os.path.join(copies, name)))["vms"], f"{name} has no VMs")
        need_program("jq")
        expect_equal(run_well("jq", "-r", ".session.user", path).stdout, USER + "\n", "jq")
    with matrix.row("the size that is told is that of the text that is read"):
        for name in OURS:
            path = mount.path(".vtpmfs", name)
            with open(path, "rb") as file:
                expect_equal(len(file.read()), os.fstat(file.fileno()).st_size, f"size of {name}")
    with matrix.row("who has status.json open reads one text, whatever happens meanwhile"):
        with open(mount.path(".vtpmfs/status.json"), "rb", buffering=0) as first:
            begin = first.read(10)
            one = status_of(mount)["time"]
            wait_until(lambda: status_of(mount)["time"] != one, "a newer text", pause=0.3)
            text = begin + first.read()
            first.seek(0)
            expect_equal(first.read(), text, "the text read again")
        json.loads(text)
    with matrix.row("nothing in .vtpmfs can be changed"):
        for name in OURS:
            path = mount.path(".vtpmfs", name)
            expect_equal(errno_of(os.open, path, os.O_WRONLY), "EROFS", f"writing {name}")
            expect_equal(errno_of(os.unlink, path), "EROFS", f"removing {name}")
        expect_equal(errno_of(os.mkdir, mount.path(".vtpmfs/new")), "EROFS", "mkdir")


def rows_of_status(matrix, mount, simulator):
    with matrix.row("status.json: server, session, feed and counts are what they are"):
        status = status_of(mount)
        vms = simulator.vms().values()
        expect_equal(status["server"]["host"], "127.0.0.1", "host")
        expect_equal(status["server"]["port"], simulator.port, "port")
        expect_equal(status["server"]["api_version"], "8.0.3.0", "API version")
        expect_equal(status["server"]["insecure"], False, "insecure")
        expect_equal((status["session"]["user"], status["session"]["logged_in"]), (USER, True), "session")
        expect(status["feed"]["alive"] and status["feed"]["age_seconds"] >= 0, f"feed: {status['feed']}")
        expect_equal(status["vms"]["in_inventory"], len(vms), "VMs in the inventory")
        expect_equal(status["vms"]["shown"], sum(vm["tpm"] for vm in vms), "VMs shown")
        expect_equal(status["vms"]["with_vtpm"], sum(vm["tpm"] for vm in vms), "VMs with a vTPM")
        expect_equal((status["incomplete"], status["restores"]["waiting"]), ([], []), "troubles")
    with matrix.row("an incomplete VM is named with its reason, in status.json and as an event"):
        simulator.control("lock-vm", vm=SICK)
        try:
            def sick():
                return [vm for vm in status_of(mount)["incomplete"] if vm["path"].endswith("/" + SICK)]

            found = wait_until(sick, f"status.json names {SICK}", pause=0.2)
            expect_equal((len(found), found[0]["errno"]), (1, "ENOKEY"), "its entry")
            expect("locked" in found[0]["reason"], f"the reason: {found[0]}")
            event = wait_for_event(mount, "cannot be had whole")
            expect_equal(event[0], "warning", "its level")
            expect(SICK in event[2] and "ENOKEY" in event[2], f"the event: {event}")
            expect_equal(metrics_of(mount)["vtpmfs_vms", ("which", "incomplete")], 1, "the gauge")
        finally:
            simulator.control("unlock-vm", vm=SICK)
        wait_until(lambda: not sick(), "status.json names it no more", pause=0.2)
        wait_for_event(mount, "can be had whole again")
    with matrix.row("a VM that was changed has a new generation, as an event"):
        simulator.control("rekey", vm="win00003")
        event = wait_for_event(mount, "has a new generation")
        expect("win00003" in event[2] and "changeVersion" in event[2], f"the event: {event}")


def rows_of_a_vcenter_in_trouble(matrix, scene, mount, simulator):
    with matrix.row("a feed that is lost and comes back: status.json, and both events with vCenter's opID"):
        capture = scene.directory("capture")
        simulator.control("capture", directory=capture)
        with simulator.calmed():
            simulator.inject("fault", "WaitForUpdatesEx", fault={"type": "SystemError"}, count=0)
            wait_until(lambda: not status_of(mount)["feed"]["alive"], "the feed is lost", pause=0.2)
            lost = status_of(mount)["feed"]
            expect("WaitForUpdatesEx" in lost["error"]["reason"], f"the reason: {lost}")
            event = wait_for_event(mount, "cannot be followed")
            expect_equal(event[0], "warning", "its level")
            expect(event[1] != "-", f"no operation id: {event}")
            sent = "".join(read_bytes(os.path.join(capture, name)).decode("utf-8", "replace")
                           for name in os.listdir(capture))
            expect(f">{event[1]}<" in sent, f"{event[1]} was never sent as operationID")
            expect(f"[opID {event[1]}]" in mount.log_text(), "the log does not name the operation")
        simulator.control("capture", directory="")
        os.kill(mount.process.pid, signal.SIGHUP)  # ends the pause before the next try
        wait_until(lambda: status_of(mount)["feed"]["alive"], "the feed is back", pause=0.2)
        wait_for_event(mount, "followed again")
    with matrix.row("a session that was lost: logged in again, as an event and a count"):
        before = metrics_of(mount)["vtpmfs_logins_total", None]
        simulator.control("expire-sessions")
        # What happens now cannot be told without a new session.
        simulator.control("create-vm", name="afterwards", folder="DC1/vm")
        event = wait_for_event(mount, "logged in again")
        expect_equal(event[1], "vtpmfs-login", "the operation")
        expect(metrics_of(mount)["vtpmfs_logins_total", None] > before, "the counter stands still")
        expect_equal(status_of(mount)["session"]["logged_in"], True, "session")
        simulator.destroy("afterwards")
    with matrix.row("no secret in what the mount tells: no password, no cookie, no bundle"):
        bundle = read_bytes(mount.path("DC1/vm/win00001/encryption.bundle")).decode()
        told = "".join(read_bytes(mount.path(".vtpmfs", name)).decode() for name in OURS)
        for secret in (PASSWORD, "vmware_soap_session", bundle):
            expect(secret not in told, f"{secret[:20]!r} is told")


def nvram_of(mount, simulator, name):
    return mount.path(*simulator.vm(name)["path"].split("/"), "nvram")


def rows_of_metrics(matrix, mount, simulator):
    with matrix.row("metrics: a strict reader takes them, and they count what happened"):
        first = metrics_of(mount)
        with simulator.calmed():
            simulator.inject("status", "url:win00003.nvram", status=403, count=0)
            expect_equal(errno_of(read_bytes, nvram_of(mount, simulator, "win00003")), "EACCES", "reading nvram")
        size = len(read_bytes(nvram_of(mount, simulator, "win00004")))

        def counted():
            now = metrics_of(mount)
            return now if now["vtpmfs_download_errors_total", None] > 0 else None

        now = wait_until(counted, "a failed download is counted", pause=0.2)
        for name in ("vtpmfs_downloads_total", "vtpmfs_kernel_io_errors_total"):
            expect(now[name, None] >= first[name, None], f"{name} went back")
        expect_equal(first["vtpmfs_download_errors_total", None], 0, "downloads that failed before")
        expect(now["vtpmfs_downloads_total", None] > first["vtpmfs_downloads_total", None], "downloads")
        grown = now["vtpmfs_received_bytes_total", None] - first["vtpmfs_received_bytes_total", None]
        expect(grown >= size, f"{grown} bytes received, nvram alone has {size}")
        expect(now["vtpmfs_cache_bytes", None] >= size, "the cache is smaller than what is in it")
        expect(now["vtpmfs_soap_calls_total", ("method", "Login")] >= 1, "logins by method")
        expect(now["vtpmfs_kernel_requests_total", ("operation", "read")] >= 1, "reads")
        expect_equal(now["vtpmfs_restores_total", ("end", "done")], 0, "restores")
    with matrix.row("promtool check metrics has nothing to say"):
        need_program("promtool")
        with open(mount.path(".vtpmfs/metrics"), "rb") as text:
            done = run("promtool", "check", "metrics", stdin=text)
        expect_equal((done.returncode, done.stdout + done.stderr), (0, ""), "promtool")


def attribute(path, name):
    """What getfattr reads, or None where it says that there is none."""
    done = run("getfattr", "--absolute-names", "--only-values", "-n", "user.vtpmfs." + name, path)
    if done.returncode != 0:
        expect("No such attribute" in done.stderr, f"getfattr says {done.stderr}")
        return None
    return done.stdout


def rows_of_attributes(matrix, scene, simulator):
    with matrix.row("user.vtpmfs.* of a VM and its files: readable, and in no list"):
        need_program("getfattr")
        mount = Mount(scene, simulator, "-o", "ro")
        vm = simulator.vm("win00001")
        directory = mount.path("DC1/vm/win00001")
        told = {name: attribute(directory, name)
                for name in ("moref", "key", "provider", "changeVersion", "generation", "other")}
        expect_equal((told["moref"], told["key"], told["provider"], told["other"]),
                     (vm["id"], vm["key_id"], vm["provider"], None), "moref, key, provider")
        origin = json.loads(read_bytes(directory + "/config.json"))["vtpmfs"]
        expect_equal(told["changeVersion"], origin["changeVersion"], "changeVersion")
        restores = status_of(mount)["restores"]
        expect("journal_unreadable" not in restores, f"where nothing was ever restored: {restores}")
        listed = run_well("getfattr", "-R", "-d", "-m", "-", directory).stdout
        expect_equal(listed, "", "what is listed")
    with matrix.row("sha256: at once for what is known; ENODATA for an nvram that was not fetched"):
        need_program("getfattr")
        expect_equal(attribute(directory + "/nvram", "sha256"), None, "nvram before it is read")
        expect_equal(attribute(directory + "/SHA256SUMS", "sha256"), None, "SHA256SUMS before that")
        bundle = attribute(directory + "/encryption.bundle", "sha256")
        expect_equal(attribute(directory + "/nvram", "sha256"), None, "asking fetches nothing")
        expect_equal(bundle, vm_digest(simulator, "win00001", "bundle_sha256"), "encryption.bundle")
        for name in os.listdir(directory):
            digest = sha256_of(os.path.join(directory, name))
            expect_equal(attribute(os.path.join(directory, name), "sha256"), digest, f"sha256 of {name}")
        expect_equal(attribute(directory, "sha256"), None, "of a directory")
    with matrix.row("user.vtpmfs.generation: the same after a remount, another one after a change"):
        need_program("getfattr")
        mount.unmount()
        mount = Mount(scene, simulator, "-o", "ro", "--pin", "0", state=mount.state, point=mount.point)
        expect_equal(attribute(directory, "generation"), told["generation"], "after a remount")
        simulator.control("rekey", vm="win00001")
        wait_until(lambda: attribute(directory, "generation") != told["generation"], "a new generation")
        wait_until(lambda: attribute(directory, "key") == simulator.vm("win00001")["key_id"], "the new key")
        mount.unmount()


def vm_digest(simulator, name, what):
    return next(vm for vm in simulator.control("list-vms", digests=True) if vm["name"] == name)[what]


def rows_of_logging(matrix, scene, simulator):
    with matrix.row("SIGUSR1 raises the level twice, and then lowers it; requests that fail are told meanwhile"):
        mount = Mount(scene, simulator, "-o", "ro")
        def raise_level(level, times):
            os.kill(mount.process.pid, signal.SIGUSR1)
            wait_until(lambda: mount.log_text().count("log level: " + level) == times, f"the level is {level}")

        for level in ("debug", "trace"):
            raise_level(level, 1)
            told = mount.log_text().count("ENOENT")
            errno_of(os.stat, mount.path("no such place"))
            wait_until(lambda: mount.log_text().count("ENOENT") > told, f"a failed lookup is told at {level}")
        raise_level("info", 1)
        errno_of(os.stat, mount.path("no such place"))
        raise_level("debug", 2)
        usual = mount.log_text().partition("log level: info")[2].partition("log level: debug")[0]
        expect("ENOENT" not in usual, f"the usual level tells {usual!r}")
        expect(not any("ENOENT" in event[2] for event in events_of(mount)), "events.log is flooded")
        mount.unmount()
    with matrix.row("--log stderr in the background, and a word that is no target: refused by name"):
        for words, said in ((["--log", "stderr"], "--log stderr"), (["--log", "paper"], "journald")):
            command = mount.command[:1] + words + mount.command[2:]  # without -f
            done = run(*command)
            expect(done.returncode != 0 and said in done.stderr, f"it says {done.stderr}")
    with matrix.row("--log journald: one datagram an event, with message, priority and operation"):
        with journal() as listening:
            told = []
            command = [binary("VTPMFS_BIN", "fs/vtpmfs"), "-f", "--log", "journald",
                       *first_options(scene, simulator), scene.directory("mnt")]
            process = spawn(command, stderr=subprocess.DEVNULL)
            scene.at_end(process.kill)
            while not any("mounted on" in text for text in told):
                told.append(listening.recv(65536).decode())
            run_well("fusermount3", "-u", command[-1])
            wait_until(lambda: has_ended(process), "vtpmfs ends", 75)
            login = next(text for text in told if "logged in as" in text and "VCENTER_OPERATION_ID" in text)
            expect("VCENTER_OPERATION_ID=vtpmfs-login\n" in login, f"the login: {login!r}")
            for text in told:
                fields = dict(line.split("=", 1) for line in text.splitlines())
                expect_equal(fields["SYSLOG_IDENTIFIER"], "vtpmfs", "identifier")
                expect(fields["PRIORITY"] in "34567" and fields["MESSAGE"], f"fields: {fields}")


def first_options(scene, simulator):
    return ["-o", "ro", "--user", USER, "--password-file", scene.file("password", PASSWORD + "\n"),
            "--ca-file", simulator.ca_file, "--state-dir", scene.directory("state"), simulator.address]


@contextlib.contextmanager
def journal():
    """A journal's socket; where a real one listens there is nothing to try."""
    path = "/run/systemd/journal/socket"
    if os.path.lexists(path):
        raise Skip(f"{path} is somebody else's")
    made = next((d for d in ("/run/systemd", "/run/systemd/journal") if not os.path.isdir(d)), None)
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        listening.bind(path)
    except OSError as error:
        raise Skip(f"no socket can be made at {path}: {error}") from error
    listening.settimeout(60)
    try:
        yield listening
    finally:
        listening.close()
        os.unlink(path)
        if made:
            shutil.rmtree(made, ignore_errors=True)


def rows_of_restores(matrix, scene):
    vault = Vault(scene, 4)
    with matrix.row("a restore: its steps are events of one operation, its end is counted"):
        lost = vault.take()
        run_well("cp", "-r", lost.saved, vault.staged(lost))
        steps = [event for event in events_of(vault.mount) if f"restore of '{lost.name}'" in event[2]]
        words = " | ".join(event[2] for event in steps)
        for step in ("begins", "creating the VM", "uploading nvram", "reading the VM back", "is done"):
            expect(step in words, f"no event of {step!r}: {words}")
        expect_equal(len({event[1] for event in steps}), 1, "operations")
        expect(steps[0][1].startswith("vtpmfs-restore-"), f"the operation: {steps[0]}")
        wait_until(lambda: metrics_of(vault.mount)["vtpmfs_restores_total", ("end", "done")] == 1,
                   "the end is counted", pause=0.2)
        ended = status_of(vault.mount)["restores"]["ended"]
        expect_equal([(e["state"], e["vm"]) for e in ended], [("done", lost.name)], "restores that ended")
    with matrix.row("a restore that fails: status.json and events.log have the server's words"):
        lost = vault.take()
        with vault.simulator.calmed():
            vault.simulator.inject("fault", "CreateVM_Task", fault={
                "type": "NoPermission", "message": "the moon is in the way",
                "fields": {"privilegeId": "VirtualMachine.Inventory.Create"}}, count=0)
            done = run("cp", "-r", lost.saved, vault.staged(lost))
            expect(done.returncode != 0, "cp says that all is well")

        def failed():
            return status_of(vault.mount)["restores"]["failed"]

        told = wait_until(failed, "status.json tells it", pause=0.2)
        expect_equal((len(told), told[0]["errno"]), (1, "EACCES"), f"failed restores: {told}")
        expect(told[0]["directory"].endswith("/" + lost.name), f"its directory: {told[0]}")
        event = wait_for_event(vault.mount, f"restore of '{lost.name}' failed")
        expect_equal(event[0], "error", "its level")
        expect("VirtualMachine.Inventory.Create" in event[2], f"the event: {event}")
        wait_until(lambda: metrics_of(vault.mount)["vtpmfs_restores_total", ("end", "failed")] == 1,
                   "the failure is counted", pause=0.2)
    with matrix.row("a restore that was broken off: also a read-only mount says that it waits"):
        crashes = Crashes(vault)
        staged = crashes.place()
        held, child = crashes.copy_until(staged, "hold", "PUT /folder", 1)
        reader = Mount(scene, vault.simulator, "-o", "ro", state=vault.mount.state)
        running = wait_until(lambda: status_of(vault.mount)["restores"]["running"], "it runs", pause=0.2)
        expect_equal([r["vm"] for r in running], [crashes.lost.name], "restores that run")
        wait_until(lambda: metrics_of(vault.mount)["vtpmfs_restores_running", None] == 1, "the gauge", pause=0.2)
        vault.mount.kill()
        child.wait()
        vault.simulator.control("release", number=held)
        vault.simulator.control("clear")
        status = status_of(reader)
        expect_equal(status["read_only"], True, "read_only")
        waiting = status["restores"]["waiting"]
        expect_equal([w["vm"] for w in waiting], [crashes.lost.name], f"waiting restores: {waiting}")
        expect("/" + os.path.basename(os.path.dirname(staged)) + "/" in waiting[0]["path"], f"path: {waiting}")
        crashes.remount()
        wait_until(lambda: not status_of(reader)["restores"]["waiting"], "nothing waits any more", pause=0.2)
        reader.unmount()


def main():
    matrix = Matrix("what the mount tells of itself")
    need_mounts(matrix)
    with Scene() as scene:
        simulator = Simulator(scene, "--no-specials", "--vms", "8", "--datacenters", "1")
        mount = Mount(scene, simulator, "--timeout", within(20))
        rows_of_reading(matrix, scene, mount)
        rows_of_status(matrix, mount, simulator)
        rows_of_a_vcenter_in_trouble(matrix, scene, mount, simulator)
        rows_of_metrics(matrix, mount, simulator)
        mount.unmount()
        rows_of_attributes(matrix, scene, simulator)
        rows_of_logging(matrix, scene, simulator)
        rows_of_restores(matrix, scene)
    matrix.end()


if __name__ == "__main__":
    main()
