#!/usr/bin/env -S python3 -B
"""Many restores at once, restores of one name at once, and people who do not wait for theirs."""

import os
import signal
import time

from harness.matrix import Matrix, need_mounts
from harness.mount import errno_of
from harness.process import end_of, expect, expect_equal, run, run_well, spawn, wait_until
from harness.restoring import Vault, status_of, write_set
from harness.scene import Scene

# No more creations than this are asked of a vCenter at a time.
AT_A_TIME = 8


def row_of_two_hundred(matrix, scene):
    with matrix.row("xargs -P 16 cp -r of 200 machines makes each of them once"):
        vault = Vault(scene, 201)
        everybody = [vault.everybody[path] for path in vault.unused]
        staying, lost = everybody[0], everybody[1:]
        for facts in lost:
            vault.simulator.destroy(facts["id"])
        shown = [vault.mount.path(*facts["path"].split("/")) for facts in lost]
        wait_until(lambda: not any(map(os.path.exists, shown)), "the lost ones are no longer shown")
        vault.simulator.reset_counts()
        pairs = "".join(
            f"{vault.saved(facts['path'])}\0"
            f"{vault.mount.path('DC1/restore', os.path.dirname(facts['path'])[len('DC1/vm/'):])}\0"
            for facts in lost
        )
        listed = scene.file("pairs", pairs)
        done = run("xargs", "-0", "-a", listed, "-n", "2", "-P", "16", "cp", "-r", "--", seconds=300)
        expect_equal(done.returncode, 0, f"exit status of xargs ({done.stderr.strip()[-300:]})")
        expect_equal(vault.simulator.counts()["CreateVM_Task"], len(lost), "creations")
        after = vault.simulator.vms(digests=True)
        expect_equal(sorted(after), sorted(facts["path"] for facts in everybody), "VMs in the vCenter")
        for facts in lost:
            for fact in ("key_id", "provider", "bundle_sha256", "nvram_sha256", "firmware", "tpm", "uuid"):
                expect_equal(after[facts["path"]].get(fact), facts.get(fact), f"{fact} of {facts['path']}")
        expect_equal(after[staying["path"]]["id"], staying["id"], "the one that was never lost")
        expect_equal(os.listdir(os.path.join(vault.mount.state, "journal")), [], "records in the journal")
        vault.mount.unmount()


def rows_of_bounds(matrix, vault):
    title = f"{AT_A_TIME} creations at a time, and reading goes on beside them"
    with matrix.row(title), vault.simulator.calmed():
        lost = [vault.take() for _ in range(AT_A_TIME + 4)]
        reader = vault.everybody[vault.unused[-1]]
        number = vault.simulator.inject("hold", "CreateVM_Task", count=0)
        children = [spawn(["cp", "-r", each.saved, vault.staged(each)]) for each in lost]
        wait_until(lambda: vault.simulator.held(number) == AT_A_TIME, "as many creations as there may be")
        # All restore threads wait for the vCenter: other people do not.
        path = vault.mount.path(*reader["path"].split("/"))
        digest = run_well("sha256sum", path + "/nvram", seconds=20).stdout.split()[0]
        expect_equal(digest, reader["nvram_sha256"], "nvram of another VM")
        run_well("ls", "-lR", vault.mount.path("DC1/vm"), seconds=20)
        run_well("ls", "-lR", vault.mount.path("DC1/restore"), seconds=20)
        expect_equal(vault.simulator.held(number), AT_A_TIME, "creations at a time")
        vault.simulator.control("clear")
        for child in children:
            expect_equal(end_of(child, "cp"), 0, "exit status of cp")
        for each in lost:
            vault.check(each)


def rows_of_one_name(matrix, vault):
    title = "one machine copied to two paths at once, as by cp and by restic: it is made once"
    with matrix.row(title), vault.simulator.calmed():
        lost = vault.take()
        number = vault.simulator.inject("hold", "CreateVM_Task")
        first = spawn(["cp", "-r", lost.saved, vault.staged(lost)], stdout=-3, stderr=-3)
        wait_until(lambda: vault.simulator.held(number) == 1, "the first one is being made")
        # A path that ends with the inventory path that config.json names is that place.
        whole = vault.mount.path("DC1/restore/srv/backup", lost.path)
        os.makedirs(os.path.dirname(whole))
        expect_equal(write_set(lost.saved, whole), "EEXIST", "errno of the second one's last close")
        expect_equal(status_of(whole)["errno"], "EEXIST", "restore.status of the second one")
        vault.simulator.control("clear")
        expect_equal(end_of(first, "cp"), 0, "exit status of cp")
        vault.check(lost)


def interrupted(vault, lost, match):
    """cp that gets SIGINT while a request of its restore is held; how long it took to end, and the
    injection."""
    number = vault.simulator.inject("hold", match)
    child = spawn(["cp", "-r", lost.saved, vault.staged(lost)], stdout=-3, stderr=-3)
    wait_until(lambda: vault.simulator.held(number) == 1, f"{match} is reached")
    start = time.monotonic()
    child.send_signal(signal.SIGINT)
    child.wait(60)
    return time.monotonic() - start, child.returncode


def rows_of_interrupts(matrix, vault):
    title = "Ctrl-C before the creation was sent: cp ends at once, nothing is made, and it says so"
    with matrix.row(title), vault.simulator.calmed():
        lost = vault.take()
        machines = vault.paths()
        vault.simulator.reset_counts()
        took, status = interrupted(vault, lost, "QueryCryptoKeyStatus")
        expect_equal(status, -signal.SIGINT, "how cp ended")
        expect(took < 10, f"cp took {took:.1f} s to end")
        wait_until(lambda: status_of(vault.staged(lost))["state"] == "failed", "restore.status says failed")
        expect_equal(status_of(vault.staged(lost))["errno"], "EINTR", "restore.status")
        vault.simulator.control("clear")
        vault.check_nothing_made(machines)
        expect("CreateVM_Task" not in vault.simulator.counts(), "a creation was sent")
        run_well("sync", vault.staged(lost))
        vault.check(lost)
    for match in ("CreateVM_Task", "PUT /folder", "ReconfigVM_Task"):
        title = f"Ctrl-C while {match} is at work: cp ends at once, and the restore goes on"
        with matrix.row(title), vault.simulator.calmed():
            lost = vault.take()
            took, status = interrupted(vault, lost, match)
            expect_equal(status, -signal.SIGINT, "how cp ended")
            expect(took < 10, f"cp took {took:.1f} s to end")
            expect(status_of(vault.staged(lost))["state"] in ("creating", "uploading", "finishing"),
                   f"restore.status: {status_of(vault.staged(lost))}")
            expect_equal(errno_of(os.unlink, vault.staged(lost) + "/keyId"), "EBUSY", "unlink meanwhile")
            vault.simulator.control("clear")
            wait_until(lambda: status_of(vault.staged(lost))["state"] == "done", "the restore is done")
            vault.check(lost)


def main():
    matrix = Matrix("Restores side by side")
    need_mounts(matrix)
    with Scene() as scene:
        row_of_two_hundred(matrix, scene)
        vault = Vault(scene, 30)
        rows_of_bounds(matrix, vault)
        rows_of_one_name(matrix, vault)
        rows_of_interrupts(matrix, vault)
    matrix.end()


if __name__ == "__main__":
    main()
