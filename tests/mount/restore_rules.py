#!/usr/bin/env -S python3 -B
"""The rules of the staging area: what starts a restore, what waits, and what is refused."""

import concurrent.futures
import errno
import os
import shutil

from harness.matrix import Matrix, need_mounts, need_program
from harness.mount import Mount, errno_of
from harness.process import end_of, expect, expect_equal, run, run_well, spawn, wait_until
from harness.restorers import WAYS
from harness.restoring import Vault, status_of, write_file, write_set
from harness.scene import Scene
from harness.truth import read_bytes


def rows_of_names(matrix, vault):
    with matrix.row("mkdir of a name that a VM has, shown or hidden: EEXIST"):
        kept = vault.take(lose=False)
        expect_equal(errno_of(os.mkdir, vault.staged(kept)), "EEXIST", "mkdir")
        vault.simulator.control("create-vm", name="hidden-vm", encrypted=False, tpm=False)
        vault.remount()  # it knows all of the inventory before anybody asks
        expect(not os.path.exists(vault.mount.path("DC1/vm/hidden-vm")), "the hidden VM is shown")
        hidden = vault.mount.path("DC1/restore/hidden-vm")
        expect_equal(errno_of(os.mkdir, hidden), "EEXIST", "mkdir of the hidden VM's name")
    with matrix.row("cp -r over a name that is taken ends non-zero, and makes nothing"):
        machines = vault.paths()
        done = run("cp", "-r", kept.saved, os.path.dirname(vault.staged(kept)))
        expect(done.returncode != 0 and "File exists" in done.stderr, f"cp: {done}")
        vault.check_nothing_made(machines)
    for name, put in ((n, p) for n, p in WAYS if n in ("rsync -a", "GNU tar x", "bsdtar x", "install")):
        with matrix.row(f"{name} over a name that is taken ends non-zero, and makes nothing"):
            machines = vault.paths()
            done = put(vault, kept)
            expect(done.returncode != 0, f"{name} ended with 0")
            vault.check_nothing_made(machines)
    with matrix.row("the folders of the vCenter show in restore/, and cannot be removed or renamed"):
        restore = vault.mount.path("DC1/restore")
        expect("Finance" in os.listdir(restore), "Finance is not shown")
        expect_equal(errno_of(os.rmdir, restore + "/Finance/Payroll"), "EROFS", "rmdir")
        expect_equal(errno_of(os.rename, restore + "/Finance", restore + "/Money"), "EROFS", "rename")
    with matrix.row("a copy that slips into a new directory of the saved folder's name: EINVAL and a hint"):
        lost = vault.take("DC1/vm/Finance/", directly=True)
        vault.simulator.control("rename", path="DC1/vm/Finance", name="Money")
        wait_until(lambda: not os.path.exists(vault.mount.path("DC1/restore/Finance")), "the rename shows")
        machines = vault.paths()
        # The user meant restore/Finance/<VM>, and Finance is not there: cp makes the VM's directory of it.
        wrong = vault.mount.path("DC1/restore/Finance")
        done = run("cp", "-r", lost.saved, wrong)
        expect(done.returncode != 0 and "Invalid argument" in done.stderr, f"cp: {done}")
        expect("mkdir" in status_of(wrong)["what_to_do"] + status_of(wrong)["reason"], "no hint")
        vault.check_nothing_made(machines)
        shutil.rmtree(wrong)
        vault.simulator.control("rename", path="DC1/vm/Money", name="Finance")
        wait_until(lambda: os.path.exists(vault.mount.path("DC1/restore/Finance")), "the rename shows")
    with matrix.row("symlinks, hard links and device nodes: EPERM"):
        directory = vault.mount.path("DC1/restore/links")
        os.mkdir(directory)
        write_file(directory + "/note", b"words")
        expect_equal(errno_of(os.symlink, "note", directory + "/soft"), "EPERM", "symlink")
        expect_equal(errno_of(os.link, directory + "/note", directory + "/hard"), "EPERM", "link")
        expect_equal(errno_of(os.mkfifo, directory + "/fifo"), "EPERM", "mkfifo")
        shutil.rmtree(directory)


def rows_of_waiting(matrix, vault):
    for way in ("sync DIRECTORY", "setfattr -n user.vtpmfs.commit"):
        with matrix.row(f"without SHA256SUMS a set waits and says so; {way} starts it"):
            lost = vault.take()
            staged = vault.staged(lost)
            machines = vault.paths()
            names = [n for n in sorted(os.listdir(lost.saved)) if n != "SHA256SUMS"]
            expect_equal(write_set(lost.saved, staged, names), None, "errno of the last close")
            vault.check_nothing_made(machines)
            expect_equal(status_of(staged)["state"], "waiting", "restore.status")
            expect("SHA256SUMS" in str(status_of(staged)), "it does not say what it waits for")
            if way.startswith("sync"):
                run_well("sync", staged)
            else:
                run_well("setfattr", "-n", "user.vtpmfs.commit", "-v", "1", staged)
            vault.check(lost)
    with matrix.row("fsync of an incomplete directory answers 0 and makes nothing"):
        lost = vault.take()
        machines = vault.paths()
        write_set(lost.saved, vault.staged(lost), ["SHA256SUMS", "keyId"])
        run_well("sync", vault.staged(lost))
        vault.check_nothing_made(machines)
    with matrix.row("rm -r of an incomplete directory removes it, restore.status after the last file"):
        expect_equal(sorted(os.listdir(vault.staged(lost)))[-1], "restore.status", "what comes last")
        run_well("rm", "-r", vault.staged(lost))
        write_set(lost.saved, vault.staged(lost), ["SHA256SUMS", "keyId"])
    with matrix.row("staged files survive a remount, start nothing by themselves, and can be completed"):
        vault.remount()
        machines = vault.paths()
        expect_equal(read_bytes(vault.staged(lost) + "/keyId"), read_bytes(lost.saved + "/keyId"), "keyId")
        vault.check_nothing_made(machines)
        # Nor a while later: when another set has been restored, that one is the only new machine.
        other = vault.take()
        machines = vault.paths()
        run_well("cp", "-r", other.saved, vault.staged(other))
        vault.check_nothing_made([*machines, other.path])
        run_well("rsync", "-a", lost.saved, os.path.dirname(vault.staged(lost)))
        vault.check(lost)
    with matrix.row("what has become a VM is forgotten with the mount; its directory makes no second one"):
        staged = vault.staged(lost)
        if not os.path.exists(staged + "/nvram"):
            raise AssertionError("the finished set is gone while the mount lives")
        vault.remount()
        machines = vault.paths()
        if os.path.exists(staged + "/nvram"):
            raise AssertionError("the finished set is still staged after a remount")
        vault.check_nothing_made(machines)
    with matrix.row("fsync of half a set without SHA256SUMS answers 0 and makes nothing"):
        lost = vault.take()
        machines = vault.paths()
        names = sorted(set(os.listdir(lost.saved)) - {"SHA256SUMS"})
        for name in names[:-1]:
            write_set(lost.saved, vault.staged(lost), [name])
            run_well("sync", vault.staged(lost))
        vault.check_nothing_made(machines)
        expect_equal(write_set(lost.saved, vault.staged(lost), [names[-1], "SHA256SUMS"]), None,
                     "errno of the last close")
        vault.check(lost)
    with matrix.row("a daemon that is killed keeps what is staged; nothing starts by itself afterwards"):
        lost = vault.take()
        machines = vault.paths()
        names = sorted(os.listdir(lost.saved))
        write_set(lost.saved, vault.staged(lost), names[:-1])
        run_well("sync", vault.staged(lost))
        vault.mount.kill()
        vault.simulator.control("expire-sessions")  # the killed one did not log out
        run_well("fusermount3", "-u", vault.mount.point)
        vault.mount = Mount(vault.scene, vault.simulator, state=vault.mount.state)
        kept = sorted(set(os.listdir(vault.staged(lost))) - {"restore.status"})
        expect_equal(kept, names[:-1], "staged files")
        vault.check_nothing_made(machines)
        last = write_set(lost.saved, vault.staged(lost), names[-1:])
        expect_equal(last, None, "errno of the last close")
        vault.check(lost)
    for last in ("SHA256SUMS", "nvram", "config.json", "keyId"):
        with matrix.row(f"order does not matter: {last} arrives last"):
            lost = vault.take()
            names = sorted(os.listdir(lost.saved), key=lambda name: (name == last, name))
            expect_equal(write_set(lost.saved, vault.staged(lost), names), None, "errno of the last close")
            vault.check(lost)
    restore = vault.mount.path("DC1/restore")
    with matrix.row("a directory renamed to its final name starts the restore, and mv gets its result"):
        lost = vault.take()
        run_well("cp", "-r", lost.saved, restore + "/.incoming")
        expect(not vault.simulator.named(".incoming"), "a dot name was committed")
        expect(not vault.simulator.named(lost.name), "committed before the rename")
        run_well("mv", restore + "/.incoming", vault.staged(lost))
        vault.check(lost)
    with matrix.row("names that begin with a dot, and what is below one, never commit by themselves"):
        lost = vault.take()
        machines = vault.paths()
        os.mkdir(restore + "/.hold")
        run_well("cp", "-r", lost.saved, restore + "/.hold/")
        run_well("sync", f"{restore}/.hold/{lost.name}")
        vault.check_nothing_made(machines)
        run_well("rm", "-r", restore + "/.hold")


def rows_of_damage(matrix, vault):
    ways = {
        "cp -r": lambda saved, to: run("cp", "-r", saved, to),
        "cp -a": lambda saved, to: run("cp", "-a", saved, to),
        "rsync -a": lambda saved, to: run("rsync", "-a", saved, to),
        "GNU tar x": lambda saved, to: run(
            "sh", "-c", 'tar -C "$(dirname "$1")" -cf - "$(basename "$1")" | tar -C "$2" -xf -',
            "sh", saved, to),
    }
    for name, put in ways.items():
        with matrix.row(f"a changed byte: {name} ends non-zero, EBADMSG, no VM; mended, it works"):
            lost = vault.take()
            machines = vault.paths()
            nvram = os.path.join(lost.saved, "nvram")
            good = bytearray(read_bytes(nvram))
            good[1000] ^= 1
            with open(nvram, "wb") as file:
                file.write(good)
            done = put(lost.saved, os.path.dirname(vault.staged(lost)))
            expect(done.returncode != 0, f"{name} ended with 0")
            expect("Bad message" in done.stderr, f"not EBADMSG: {done.stderr}")
            vault.check_nothing_made(machines)
            status = status_of(vault.staged(lost))
            expect_equal((status["state"], status["errno"]), ("failed", "EBADMSG"), "restore.status")
            expect("nvram" in status["reason"], "restore.status does not name the file")
            expect_equal(errno_of(os.utime, vault.staged(lost)), "EBADMSG", "utime of a refused set")
            good[1000] ^= 1
            expect_equal(errno_of(write_file, vault.staged(lost) + "/nvram", bytes(good)), None, "mending")
            vault.check(lost)
    with matrix.row("a damaged nvram with holes that cp copies last: restore.status says so, also after a remount"):
        lost = vault.take()
        machines = vault.paths()
        good = read_bytes(lost.saved + "/nvram")
        with open(lost.saved + "/nvram", "wb") as file:
            file.write(good[:4096] + bytes(32768) + good[36864:])
        staged = vault.staged(lost)
        others = [name for name in sorted(os.listdir(lost.saved)) if name != "nvram"]
        expect_equal(write_set(lost.saved, staged, others), None, "errno of the last close")
        # It writes what is there and skips the rest: its close is not told, as restic's is not.
        run_well("cp", "--sparse=always", lost.saved + "/nvram", staged)
        wait_until(lambda: status_of(staged)["state"] == "failed", "restore.status says that it failed")
        for _ in range(2):
            status = status_of(staged)
            expect_equal((status["state"], status["errno"]), ("failed", "EBADMSG"), "restore.status")
            expect("nvram" in status["reason"] and status["what_to_do"], f"it explains nothing: {status}")
            vault.remount()
            staged = vault.staged(lost)
        vault.check_nothing_made(machines)
        expect_equal(errno_of(write_file, staged + "/nvram", good), None, "mending")
        vault.check(lost)
    with matrix.row("cp -r killed in the middle of a file leaves no VM; the same cp -r again makes it"):
        lost = vault.take()
        machines = vault.paths()
        staged = vault.staged(lost)
        killed_copy(vault, lost, staged)
        vault.check_nothing_made(machines)
        run_well("cp", "-r", lost.saved, os.path.dirname(staged))
        vault.check(lost)


def opened_to_write(pipe):
    """A descriptor of a pipe, or None as long as nobody reads from it."""
    try:
        return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    except OSError as error:
        if error.errno == errno.ENXIO:
            return None
        raise


def killed_copy(vault, lost, staged):
    """What `cp -r` leaves when it is killed half through nvram: what it copies before is there."""
    told = run_well("cp", "-rv", lost.saved, vault.scene.directory("order")).stdout
    order = [line.split("' -> '")[0].rpartition("/")[2] for line in told.splitlines()[1:]]
    os.mkdir(staged)
    for name in order[: order.index("nvram")]:
        run_well("cp", os.path.join(lost.saved, name), staged)
    # cp reads from a pipe that stays open, so the kill comes in its middle for certain.
    pipe = os.path.join(vault.scene.directory("pipe"), "nvram")
    os.mkfifo(pipe)
    child = spawn(["cp", pipe, staged + "/nvram"])
    feed = wait_until(lambda: opened_to_write(pipe), "cp opens the pipe")
    os.set_blocking(feed, True)
    os.write(feed, read_bytes(lost.saved + "/nvram")[:50000])
    nvram = staged + "/nvram"
    wait_until(lambda: os.path.exists(nvram) and os.stat(nvram).st_size, "cp writes")
    child.kill()
    child.wait()
    os.close(feed)


def rows_of_afterwards(matrix, vault):
    lost = vault.take()
    staged = vault.staged(lost)
    run_well("cp", "-r", lost.saved, staged)
    vault.check(lost)
    with matrix.row("after success late chmod, chown, utimens and attributes are taken"):
        for name in ("", "/nvram", "/keyId"):
            os.chmod(staged + name, 0o700)
            os.chown(staged + name, os.getuid(), os.getgid())
            os.utime(staged + name, (10**9, 10**9))
        os.setxattr(staged, "user.note", b"x")
    with matrix.row("after success an ACL is taken, where the kernel lets it through"):
        need_program("setfacl")
        for name in ("", "/nvram"):
            done = run("setfacl", "-m", "u:1:r", staged + name)
            expect(done.returncode == 0 or "not supported" in done.stderr, f"setfacl: {done.stderr}")
    with matrix.row("after success a change of content gets EPERM"):
        nvram = staged + "/nvram"
        expect_equal(errno_of(os.open, nvram, os.O_WRONLY), "EPERM", "open for writing")
        expect_equal(errno_of(os.truncate, nvram, 0), "EPERM", "truncate")
        expect_equal(errno_of(os.rename, nvram, staged + "/other"), "EPERM", "rename")
        create = lambda: os.close(os.open(staged + "/new", os.O_CREAT | os.O_WRONLY))
        expect_equal(errno_of(create), "EPERM", "create")
    with matrix.row("restore.status says done, the path and the VM; writing it is forgotten"):
        status = status_of(staged)
        expect_equal((status["state"], status["percent"]), ("done", 100), "state and percent")
        expect(status["path"].endswith(lost.path), f"path {status['path']}")
        expect_equal(status["moref"], vault.simulator.named(lost.name)[0]["id"], "moref")
        write_file(staged + "/restore.status", b"other words")
        expect_equal(status_of(staged), status, "restore.status after a write")
        os.unlink(staged + "/restore.status")
    with matrix.row("user.vtpmfs.* attributes are never listed"):
        listed = [n for n in os.listxattr(staged) if n.startswith("user.vtpmfs")]
        expect_equal(listed, [], "listed attributes")
    with matrix.row("rm -r in restore/ only forgets staging: the VM stays"):
        run_well("rm", "-r", staged)
        expect(not os.path.exists(staged), "the staged directory stayed")
        expect_equal(len(vault.simulator.named(lost.name)), 1, "VMs of that name")


def rows_of_running(matrix, vault):
    with matrix.row("while a restore runs: rm -r gets EBUSY, restore.status tells the step, cp waits"):
        lost = vault.take()
        held = vault.simulator.inject("hold", "CreateVM_Task")
        child = spawn(["cp", "-r", lost.saved, vault.staged(lost)])
        wait_until(lambda: vault.simulator.held(held) == 1, "CreateVM_Task")
        staged = vault.staged(lost)
        expect(child.poll() is None, "cp did not wait")
        expect_equal(status_of(staged)["state"], "creating", "restore.status")
        expect_equal(errno_of(os.unlink, staged + "/keyId"), "EBUSY", "unlink")
        vault.simulator.control("release", number=held)
        expect_equal(end_of(child, "cp"), 0, "exit status of cp")
        vault.check(lost)
        vault.simulator.calm()


def rows_of_exit_0(matrix, vault):
    """Whoever brings the last piece waits until the VM is there and checked."""
    for name, put in ((n, p) for n, p in WAYS if n in ("rsync -a", "GNU tar x", "mv", "restic restore")):
        with matrix.row(f"{name} ends with 0 only when the VM is there"), vault.simulator.calmed():
            lost = vault.take()
            held = vault.simulator.inject("hold", "CreateVM_Task")
            with concurrent.futures.ThreadPoolExecutor() as pool:
                copying = pool.submit(put, vault, lost)
                try:
                    wait_until(lambda: vault.simulator.held(held) == 1,
                               "CreateVM_Task")
                    expect(not copying.done(), f"{name} did not wait")
                finally:
                    vault.simulator.control("release", number=held)
                expect_equal(copying.result().returncode, 0, "exit status")
            vault.check(lost)


def main():
    matrix = Matrix("the rules of restore/")
    need_mounts(matrix)
    with Scene() as scene:
        vault = Vault(scene, 60)
        rows_of_names(matrix, vault)
        rows_of_waiting(matrix, vault)
        rows_of_damage(matrix, vault)
        rows_of_afterwards(matrix, vault)
        rows_of_running(matrix, vault)
        rows_of_exit_0(matrix, vault)
        with matrix.row("the mount ends cleanly, and no session is left"):
            vault.mount.unmount()
            expect_equal(vault.simulator.sessions(), 0, "sessions")
    matrix.end()


if __name__ == "__main__":
    main()
