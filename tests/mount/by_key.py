#!/usr/bin/env -S python3 -B
"""by-key/: which machines a key opens, live, and no burden for backups."""

import os
import stat

from harness.matrix import Matrix, need_mounts
from harness.mount import Mount, errno_of
from harness.process import expect, expect_equal, run_well, wait_until
from harness.scene import Scene
from harness.simulator import Simulator, file_reads
from harness.truth import check_tree, moref_of, vm_directories

LONG = "long-" + "ä" * 200


def links_below(root):
    """{(provider, key, link): MoRef of the machine that it leads to}, by what is listed."""
    found = {}
    for provider in os.listdir(root):
        for key in os.listdir(os.path.join(root, provider)):
            directory = os.path.join(root, provider, key)
            for name in os.listdir(directory):
                link = os.path.join(directory, name)
                facts = os.lstat(link)
                target = os.readlink(link)
                expect(stat.S_ISLNK(facts.st_mode), f"{link} is no link")
                expect_equal(facts.st_size, len(os.fsencode(target)), f"size of {link}")
                expect(target.startswith("../../../"), f"{link} leads to {target}")
                found[provider, key, name] = moref_of(link)
    return found


def expected(simulator):
    """Of the machines that are shown; for keys whose names need no escapes."""
    return {(vm["provider"], vm["key_id"], vm["name"]): vm["id"]
            for vm in simulator.vms().values() if vm["tpm"]}


def wait_for_link(mount, provider, key, name):
    path = mount.path("by-key", provider, key, name)
    wait_until(lambda: os.path.isdir(path), f"{path} leads to a directory")
    return path


def rekey(simulator, vm, provider, key):
    simulator.control("import-key", provider=provider, key=key)
    simulator.control("rekey", vm=vm, provider=provider, key=key)


def rows_of_the_tree(matrix, mount, simulator):
    with matrix.row("by-key/<provider>/<key>/<VM> names each machine under its key, and no other"):
        expect("by-key" in os.listdir(mount.point), "the root does not list it")
        expect_equal(links_below(mount.path("by-key")), expected(simulator), "links")
    with matrix.row("nothing in it can be changed: EROFS"):
        provider = mount.path("by-key", "KMS")
        key = os.path.join(provider, os.listdir(provider)[0])
        link = os.path.join(key, os.listdir(key)[0])
        for work, words in ((os.mkdir, (key + "/new",)), (os.rmdir, (key,)), (os.unlink, (link,)),
                            (os.rename, (link, key + "/other")), (os.symlink, ("x", key + "/x")),
                            (os.mkdir, (provider + "/new",))):
            expect_equal(errno_of(work, *words), "EROFS", f"{work.__name__} {words}")


def rows_of_changes(matrix, mount, simulator):
    def keyed(name):
        vm = simulator.vm(name)
        return mount.path("by-key", vm["provider"], vm["key_id"], vm["name"])

    with matrix.row("a machine that is renamed, moved or deleted: its link follows"):
        before = keyed("win00001")
        os.stat(before)  # the kernel knows it
        simulator.control("rename-vm", vm="win00001", name="portal")
        wait_until(lambda: os.path.isdir(keyed("portal")), "the new name leads there")
        expect(not os.path.lexists(before), "the old name is still there")
        target = os.readlink(keyed("portal"))
        simulator.control("move-vm", vm="portal", folder="DC1/vm/Finance")
        wait_until(lambda: os.readlink(keyed("portal")) != target, "the link leads to the new place")
        wait_until(lambda: os.path.isdir(keyed("portal")), "the new place is there")
        expect_equal(os.lstat(keyed("portal")).st_size, len(os.readlink(keyed("portal"))), "its size")
        gone = keyed("win00002")
        os.stat(gone)
        simulator.destroy("win00002")
        wait_until(lambda: not os.path.lexists(gone), "the link of a deleted machine is gone")
    with matrix.row("a new key: the link is under it, and the key that opens nothing any more is gone"):
        simulator.control("add-provider", name="Spare")
        rekey(simulator, "win00003", "Spare", "key one")
        old = wait_for_link(mount, "Spare", "key one", "win00003")
        os.listdir(os.path.dirname(old))
        rekey(simulator, "win00003", "Spare", "key two")
        wait_for_link(mount, "Spare", "key two", "win00003")
        expect_equal(os.listdir(mount.path("by-key/Spare")), ["key two"], "keys of the provider")
        expect_equal(errno_of(os.listdir, os.path.dirname(old)), "ENOENT", "the key without machines")
    with matrix.row("two providers with one key id stay apart"):
        simulator.control("add-provider", name="Second")
        rekey(simulator, "win00004", "Second", "key two")
        wait_for_link(mount, "Second", "key two", "win00004")
        expect_equal(os.listdir(mount.path("by-key/Spare/key two")), ["win00003"], "of the first")
        expect_equal(os.listdir(mount.path("by-key/Second/key two")), ["win00004"], "of the second")
    with matrix.row("two machines of one name under one key: both get ~ and the MoRef"):
        simulator.control("move-vm", vm="win00003", folder="DC1/vm/Finance")
        simulator.control("rekey", vm="win00004", provider="Spare", key="key two")
        wait_for_link(mount, "Spare", "key two", "win00004")
        first, second = simulator.vm("win00003")["id"], simulator.vm("win00004")["id"]
        simulator.control("rename-vm", vm=second, name="win00003")
        wait_for_link(mount, "Spare", "key two", f"win00003~{second}")
        wait_for_link(mount, "Spare", "key two", f"win00003~{first}")
        expect_equal(len(os.listdir(mount.path("by-key/Spare/key two"))), 2, "links")
        simulator.control("rename-vm", vm=second, name="win00004")
        wait_for_link(mount, "Spare", "key two", "win00004")
    with matrix.row("awkward names of keys and providers are escaped, long ones cut with a hash"):
        simulator.control("add-provider", name="a/b%c")
        for key, shown in (("../etc", "..%2fetc"), ("..", "%2e."), ("50%", "50%25"), ("tab\there", "tab%09here")):
            rekey(simulator, "win00005", "a/b%c", key)
            wait_for_link(mount, "a%2fb%25c", shown, "win00005")
        rekey(simulator, "win00005", "a/b%c", LONG)
        wait_until(lambda: [n for n in os.listdir(mount.path("by-key/a%2fb%25c")) if n.startswith("long-")],
                   "the long key is shown")
        shown = next(n for n in os.listdir(mount.path("by-key/a%2fb%25c")) if n.startswith("long-"))
        expect(len(shown.encode()) <= 255 and shown.rpartition("~")[2].isalnum(), f"a long key: {shown}")
        wait_for_link(mount, "a%2fb%25c", shown, "win00005")


def rows_of_backups(matrix, scene, simulator):
    reader = Mount(scene, simulator, "-o", "ro")
    copy = scene.directory("copy")
    with matrix.row("cp -r of the mount: links lead into the copy, and nothing is fetched twice"):
        simulator.reset_counts()
        run_well("cp", "-r", reader.path("."), copy)
        vms = simulator.vms(digests=True)
        expect_equal(file_reads(simulator.counts()), len(vm_directories(copy)), "GETs")
        check_tree(copy, vms)
        links = links_below(os.path.join(copy, "by-key"))
        expect_equal(sorted(links.values()), sorted(vm["id"] for vm in vms.values()), "links in the copy")
    with matrix.row("rsync -a after a remount has nothing to do, nor for links and their directories"):
        copy = scene.directory("rsync")
        run_well("rsync", "-a", reader.point + "/", copy)
        reader.unmount()
        reader = Mount(scene, simulator, "-o", "ro", state=reader.state, point=reader.point)
        simulator.reset_counts()
        again = run_well("rsync", "-a", "--itemize-changes", reader.point + "/", copy).stdout
        expect_equal(again, "", "what rsync changes")
        expect_equal(file_reads(simulator.counts()), 0, "GETs")
    reader.unmount()


def main():
    matrix = Matrix("by-key: which machines a key opens")
    need_mounts(matrix)
    with Scene() as scene:
        simulator = Simulator(scene, "--no-specials", "--vms", "12", "--datacenters", "1")
        mount = Mount(scene, simulator)
        rows_of_the_tree(matrix, mount, simulator)
        rows_of_changes(matrix, mount, simulator)
        mount.unmount()
        rows_of_backups(matrix, scene, simulator)
    matrix.end()


if __name__ == "__main__":
    main()
