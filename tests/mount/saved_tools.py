#!/usr/bin/env -S python3 -B
"""vtpmfs check, keys and diff on what was copied out of a mount."""

import contextlib
import json
import os
import pty
import shutil
import subprocess

from harness.matrix import Matrix, binary, need_mounts
from harness.mount import Mount, is_mounted, unmount_lazily
from harness.process import (clean_environment, end_of, end_process, expect, expect_equal, run,
                             run_well, spawn, wait_until)
from harness.scene import Scene
from harness.simulator import PASSWORD, USER, Simulator
from harness.truth import read_bytes, sha256_of

FIVE = ("encryption.bundle", "firmware", "keyId", "nvram", "vtpm.json")


def tool(*words, **options):
    return run(binary("VTPMFS_BIN", "fs/vtpmfs"), *words, **options)


def answer(*words):
    """(exit status, the JSON document) of a tool; the document has the same status."""
    done = tool(words[0], "--json", *words[1:])
    document = json.loads(done.stdout)
    expect_equal(document["status"], done.returncode, "status in the document")
    expect_equal((document["tool"], document["schema"]), (words[0], 1), "tool and schema")
    return done.returncode, document


def findings(*directories):
    """(exit status, {(path, code, file)}) of check."""
    status, document = answer("check", *directories)
    places = document["sets"] + document["elsewhere"]
    return status, {(place["path"], finding["code"], finding.get("file"))
                    for place in places for finding in place["findings"]}


def write_bytes(path, content):
    with open(path, "wb") as file:
        file.write(content)


def sum_again(directory):
    """SHA256SUMS of what is there: damage that no hash tells."""
    lines = [f"{sha256_of(os.path.join(directory, name))}  {name}\n"
             for name in sorted(os.listdir(directory)) if name != "SHA256SUMS"]
    write_bytes(os.path.join(directory, "SHA256SUMS"), "".join(lines).encode())


def change_config(directory, change):
    path = os.path.join(directory, "config.json")
    with open(path, encoding="utf-8") as file:
        config = json.load(file)
    change(config)
    write_bytes(path, json.dumps(config).encode())
    sum_again(directory)


def flip(path):
    content = bytearray(read_bytes(path))
    content[len(content) // 2] ^= 1
    write_bytes(path, bytes(content))


def save(scene, mount):
    saved = os.path.join(scene.directory("saved"), "vc")
    run_well("cp", "-r", mount.point, saved)
    return saved


def rows_of_good_copies(matrix, scene, saved, count):
    with matrix.row("a copy by cp -r is well: exit status 0, every set is found"):
        status, document = answer("check", saved)
        expect_equal(status, 0, f"status, with {document['elsewhere']}")
        expect_equal(document["summary"], {"sets": count, "ok": count, "warnings": 0, "errors": 0},
                     "summary")
        done = tool("check", saved)
        expect_equal(done.stdout, f"{count} sets, all well\n", "for people")
        expect_equal(done.stderr, "", "stderr without a terminal")
        expect_equal(tool("check", "-q", saved).stdout, "", "with -q")
        expect_equal(len(tool("check", "-v", saved).stdout.splitlines()), count + 2, "lines with -v")
    with matrix.row("nothing is written: neither contents nor times nor access times change"):
        def state():
            return {os.path.join(directory, name): (info.st_mtime_ns, info.st_ctime_ns, info.st_atime_ns)
                    for directory, below, files in os.walk(saved) for name in below + files
                    for info in [os.lstat(os.path.join(directory, name))]}
        state()  # reading directories is what changes their access time once
        before = state()
        tool("check", saved)
        tool("keys", saved)
        expect_equal(state(), before, "state of all files")
    with matrix.row("generations beside each other are no finding"):
        generations = scene.directory("generations")
        shutil.copytree(saved, os.path.join(generations, "monday"))
        shutil.copytree(saved, os.path.join(generations, "tuesday"))
        expect_equal(findings(generations), (0, set()), "findings")


def damages():
    """(what is done, to which set, what is found)."""
    yield "one bit of nvram", lambda s: flip(s + "/nvram"), 2, {("hash", "nvram")}
    yield "half of nvram", lambda s: os.truncate(s + "/nvram", 4096), 2, {("hash", "nvram")}
    for name in FIVE:
        yield (f"without {name}", lambda s, name=name: os.unlink(f"{s}/{name}"), 2, {("missing", name)})
    yield ("without SHA256SUMS", lambda s: os.unlink(s + "/SHA256SUMS"), 1,
           {("no-manifest", "SHA256SUMS")})
    yield ("SHA256SUMS as DOS text",
           lambda s: write_bytes(s + "/SHA256SUMS", read_bytes(s + "/SHA256SUMS").replace(b"\n", b"\r\n")),
           2, {("bad-manifest", "SHA256SUMS")})
    yield ("an empty nvram that SHA256SUMS knows",
           lambda s: (os.truncate(s + "/nvram", 0), sum_again(s)), 2, {("format", "nvram")})
    yield ("a set that was never whole", lambda s: (os.unlink(s + "/nvram"), sum_again(s)), 2,
           {("unlisted", "SHA256SUMS")})
    yield ("the key of another machine",
           lambda s: (write_bytes(s + "/keyId", b'{"keyId":"other","providerId":{"id":"KMS"}}'),
                      sum_again(s)), 2,
           {("inconsistent", "encryption.bundle"), ("dialect", "keyId")})
    yield ("a bundle cut off",
           lambda s: (os.truncate(s + "/encryption.bundle", 100), sum_again(s)), 2,
           {("format", "encryption.bundle")})
    yield ("firmware of another kind",
           lambda s: (write_bytes(s + "/firmware", b"bios\n"), sum_again(s)), 2,
           {("inconsistent", "firmware")})
    yield ("a certificate that is none",
           lambda s: (write_bytes(s + "/vtpm.json", b'{"endorsementKeyCertificate":["AAAA"]}'),
                      sum_again(s)), 2, {("format", "vtpm.json")})
    yield ("a link in place of nvram",
           lambda s: (os.rename(s + "/nvram", s + "/../elsewhere"),
                      os.symlink("../elsewhere", s + "/nvram")), 2, {("not-a-file", "nvram")})
    yield ("a FIFO in place of keyId",
           lambda s: (os.unlink(s + "/keyId"), os.mkfifo(s + "/keyId")), 2, {("not-a-file", "keyId")})
    yield ("a terabyte of nvram", lambda s: os.truncate(s + "/nvram", 1 << 40), 2,
           {("too-large", "nvram")})
    yield ("without config.json",
           lambda s: (os.unlink(s + "/config.json"), sum_again(s)), 1, {("no-config", "config.json")})
    yield ("config.json that names another key",
           lambda s: change_config(s, lambda c: c["keyId"].update(keyId="other")), 1,
           {("config", "config.json")})
    yield ("what rsync leaves", lambda s: write_bytes(s + "/.nvram.Xy12Ab", b"half"), 1,
           {("leftover", ".nvram.Xy12Ab")})
    yield ("a copy of a staging area", lambda s: write_bytes(s + "/restore.status", b"{}"), 1,
           {("restore-status", "restore.status")})
    yield ("keyId as text of a person",
           lambda s: (write_bytes(s + "/keyId", "/".join(key_of(s)).encode()), sum_again(s)), 0,
           {("dialect", "keyId")})


def key_of(directory):
    with open(os.path.join(directory, "keyId"), encoding="utf-8") as file:
        key = json.load(file)
    return key["providerId"]["id"], key["keyId"]


def rows_of_damage(matrix, scene, saved, vm):
    for name, damage, wanted_status, wanted in damages():
        with matrix.row(f"{name}: {', '.join(sorted(code for code, _ in wanted))}"):
            copy = scene.directory("damaged")
            damaged = os.path.join(copy, "DC1", "vm", "hurt")
            shutil.copytree(os.path.join(saved, vm), damaged)
            shutil.copytree(os.path.join(saved, vm), os.path.join(copy, "DC1", "vm", "well", "hurt"))
            damage(damaged)
            status, found = findings(copy)
            expect_equal(found, {(damaged, code, file) for code, file in wanted}, "findings")
            expect_equal(status, wanted_status, "status")


def rows_of_trees(matrix, scene, saved, vm):
    source = os.path.join(saved, vm)

    def new_tree(*names):
        tree = scene.directory("tree")
        for name in names:
            shutil.copytree(source, os.path.join(tree, name))
        return tree

    with matrix.row("the same vTPM in another machine is told for both"):
        tree = new_tree("pay01", "clone")

        def as_clone(config):
            config["uuid"] = "4200aaaa-0000-0000-0000-000000000000"
            config["vtpmfs"]["instanceUuid"] = "5000aaaa-0000-0000-0000-000000000000"
        change_config(tree + "/clone", as_clone)
        status, found = findings(tree)
        expect_equal({(path, code) for path, code, _ in found},
                     {(tree + "/pay01", "same-identity"), (tree + "/clone", "same-identity")}, "found")
        expect_equal(status, 1, "status")
    with matrix.row("a machine that was restored after its loss keeps its uuid, and is none"):
        tree = new_tree("before", "after")
        change_config(tree + "/after", lambda c: c["vtpmfs"].update(instanceUuid="5000aaaa"))
        expect_equal({code for _, code, _ in findings(tree)[1]} - {"dialect"}, set(), "findings")
    with matrix.row("a set in a set, and the half copies of rsync --delay-updates"):
        tree = new_tree("pay01", "pay01/pay01", "other/.~tmp~/hr01")
        status, found = findings(tree)
        expect_equal({(path, code) for path, code, _ in found},
                     {(tree + "/pay01/pay01", "nested"), (tree + "/other", "leftover")}, "findings")
        expect_equal(status, 1, "status")
    with matrix.row("a certificate that ends is told with its days"):
        tree = new_tree("pay01")
        done = tool("check", "--expiry-days", "36500", tree)
        expect_equal(done.returncode, 1, "status")
        expect(" days (20" in done.stdout, f"no days in {done.stdout}")
    with matrix.row("links out of the tree are not followed, a loop ends"):
        tree = new_tree("pay01")
        os.symlink(saved, tree + "/elsewhere")
        os.symlink("..", tree + "/pay01/up")
        _, document = answer("check", tree)
        expect_equal(document["summary"]["sets"], 1, "sets")
    with matrix.row("a name with control characters does not reach the terminal"):
        tree = new_tree("evil\x1b[2J\n")
        flip(tree + "/evil\x1b[2J\n/nvram")
        done = tool("check", tree)
        expect("\x1b" not in done.stdout and "evil\\033[2J\\n" in done.stdout, repr(done.stdout))
    with matrix.row("no directory, one without a set, one that is not there: not 0"):
        expect_equal(tool("check", scene.directory("empty")).returncode, 2, "empty")
        expect_equal(tool("check", saved, scene.path("absent")).returncode, 2, "absent")
        expect_equal(tool("check").returncode, 64, "no directory")
        expect_equal(tool("check", "--nonsense", saved).returncode, 64, "a wrong option")
    with matrix.row("an answer that cannot be written is not 0"):
        with open("/dev/full", "w", encoding="utf-8") as full:
            process = spawn([binary("VTPMFS_BIN", "fs/vtpmfs"), "check", saved], stdout=full,
                            stderr=subprocess.DEVNULL)
        expect_equal(end_of(process, "vtpmfs check"), 2, "status")


def row_of_progress(matrix, saved):
    with matrix.row("progress is shown on a terminal only, and taken away again"):
        terminal, theirs = pty.openpty()
        process = spawn([binary("VTPMFS_BIN", "fs/vtpmfs"), "check", saved], stdout=subprocess.DEVNULL,
                        stderr=theirs)
        os.close(theirs)
        seen = b""
        with contextlib.suppress(OSError):  # EIO: the other side has gone
            while piece := os.read(terminal, 4096):
                seen += piece
        os.close(terminal)
        expect_equal(end_of(process, "vtpmfs check"), 0, "status")
        expect(b"looking for sets" in seen, f"no progress: {seen!r}")
        expect(seen.endswith(b"\r\x1b[K"), f"the line stays: {seen[-80:]!r}")


def rows_of_keys(matrix, scene, simulator, saved, vm):
    name = os.path.basename(vm)
    provider, key = key_of(os.path.join(saved, vm))
    machines = [v for v in simulator.vms().values() if (v.get("provider"), v.get("key_id")) == (provider, key)]
    with matrix.row("a key that saved machines need: 1, and all of them are named"):
        status, document = answer("keys", "--key", key, saved)
        expect_equal((status, document["answer"]), (1, "needed"), "answer")
        named = {machine["name"] for machine in document["keys"][0]["machines"]}
        expect_equal(named, {v["name"] for v in machines}, "machines")
        expect("do not delete it" in tool("keys", "--key", key, saved).stdout, "for people")
        expect_equal(tool("keys", "--provider", provider, saved).returncode, 1, "its provider")
    with matrix.row("all keys of the vCenter's machines are listed"):
        status, document = answer("keys", saved)
        wanted = {(v["provider"], v["key_id"]) for v in simulator.vms().values() if v["tpm"]}
        expect_equal({(k["provider"], k["key"]) for k in document["keys"]}, wanted, "keys")
        expect_equal((status, document["unknown"]), (0, []), "status")
    with matrix.row("a key that none needs: 0"):
        status, document = answer("keys", "--key", "none-has-this", saved)
        expect_equal((status, document["answer"], document["keys"]), (0, "not-needed", []), "answer")
    with matrix.row("where a set cannot be believed nobody knows: 2"):
        copy = scene.directory("doubtful")
        shutil.copytree(os.path.join(saved, vm), copy + "/" + name)
        write_bytes(f"{copy}/{name}/keyId", b"KMS/changed")
        status, document = answer("keys", "--key", "none-has-this", copy)
        expect_equal((status, document["answer"]), (2, "unknown"), "answer")
        expect_equal(tool("keys", "--key", key, copy).returncode, 1, "what the bundle names")


def save_what_can_be_had(scene, simulator):
    """The copy of which cp said that it is not whole."""
    mount = Mount(scene, simulator, "-o", "ro")
    saved = os.path.join(scene.directory("saved"), "vc")
    expect(run("cp", "-r", mount.point, saved).returncode != 0, "cp ended with 0")
    mount.unmount()
    return saved


def rows_of_incomplete_backups(matrix, scene, simulator):
    with matrix.row("a machine whose nvram could not be read is found incomplete, and its key is needed"):
        simulator.inject("status", "url:win00002.nvram", count=0)
        with simulator.calmed():
            saved = save_what_can_be_had(scene, simulator)
        status, found = findings(saved)
        expect_equal(status, 2, "status")
        expect_equal({os.path.basename(path) for path, _, _ in found}, {"win00002"}, "sets")
        files = {file for _, code, file in found if code in ("missing", "format", "bad-manifest")}
        expect({"nvram", "keyId", "encryption.bundle", "vtpm.json"} <= files, f"files {files}")
        status, document = answer("keys", "--key", simulator.vm("win00002")["key_id"], saved)
        expect_equal(status, 1, "its key is needed")
        names = {machine["name"] for machine in document["keys"][0]["machines"]}
        expect("win00002" in names, f"machines {names}")
    with matrix.row("a machine that was locked from the start leaves an empty directory, which is told"):
        simulator.control("lock-vm", vm="win00002")
        try:
            saved = save_what_can_be_had(scene, simulator)
        finally:
            simulator.control("unlock-vm", vm="win00002")
        expect_equal(findings(saved), (0, {(saved + "/DC1/vm/win00002", "empty", None)}), "findings")
        mount = Mount(scene, simulator, "-o", "ro")
        status, document = answer("diff", saved, mount.point)
        mount.unmount()
        expect_equal((status, changes_of(document, "win00002")[0]), (1, "new"), "diff")


def changes_of(document, name):
    """{(file, property)} of the set of that machine."""
    for entry in document["sets"]:
        if entry.get("machine", {}).get("name") == name:
            return entry["state"], {(c["file"], c.get("property")) for c in entry["changes"]}
    return None, set()


def rows_of_diff(matrix, scene, simulator, saved):
    def against_a_mount(directory=saved):
        """The mount tells a set's news when nobody has used it for a while; a new one has them."""
        mount = Mount(scene, simulator, "-o", "ro")
        try:
            return answer("diff", directory, mount.point)
        finally:
            mount.unmount()

    with matrix.row("nothing has changed: 0"):
        status, document = against_a_mount()
        expect_equal(status, 0, "status")
        expect_equal(document["summary"]["same"], 6, "same sets")
        expect_equal({e["state"] for e in document["sets"]}, {"same"}, "states")
    with matrix.row("rekeyed, written, renamed, moved, removed, new: each set says what it is"):
        vm = simulator.vm("win00001")
        other = next(key for key, state in simulator.control("list-keys")[vm["provider"]].items()
                     if key != vm["key_id"] and state == "active")
        simulator.control("rekey", vm="win00001", key=other)
        simulator.control("guest-write", vm="win00002")
        simulator.control("rename-vm", vm="win00003", name="renamed")
        simulator.destroy("win00004")
        simulator.control("create-vm", name="fresh", folder="DC1/vm")
        simulator.control("set-extra-config", vm="win00005", key="guestinfo.x", value="y")
        status, document = against_a_mount()
        expect_equal(status, 1, "status")
        state, changes = changes_of(document, "win00001")
        expect_equal(state, "changed", "win00001")
        expect({("keyId", "key"), ("encryption.bundle", "keys"), ("config.json", "keyId.keyId")} <= changes,
               f"win00001: {changes}")
        expect_equal(changes_of(document, "win00002"), ("changed", {("nvram", "state")}), "win00002")
        state, changes = changes_of(document, "renamed")
        expect({("config.json", "vtpmfs.name"), ("config.json", "vtpmfs.inventoryPath")} <= changes,
               f"renamed: {changes}")
        expect_equal(changes_of(document, "win00004")[0], "gone", "win00004")
        expect_equal(changes_of(document, "fresh")[0], "new", "fresh")
        expect_equal(changes_of(document, "win00006")[0], "same", "win00006")
    with matrix.row("a machine whose state cannot be had now is trouble: 2"):
        simulator.control("lock-vm", vm="win00006")
        try:
            status, document = against_a_mount()
        finally:
            simulator.control("unlock-vm", vm="win00006")
        expect_equal(status, 2, "status")
        expect_equal(changes_of(document, "win00006")[0], "trouble", "win00006")
    with matrix.row("a mount that is not there is trouble, and not that all is gone"):
        expect_equal(tool("diff", saved, scene.directory("empty")).returncode, 2, "status")
        expect_equal(tool("diff", saved).returncode, 64, "one directory")


def row_of_names(matrix, scene, simulator):
    with matrix.row("a mount point called check: ./check"):
        home = scene.directory("home")
        point = os.path.join(home, "check")
        os.mkdir(point)
        environment = clean_environment(
            GOVC_URL=simulator.url + "/sdk", GOVC_USERNAME=USER, GOVC_PASSWORD=PASSWORD,
            GOVC_TLS_CA_CERTS=simulator.ca_file, XDG_STATE_HOME=scene.directory("xdg"), HOME=home)
        process = spawn([binary("VTPMFS_BIN", "fs/vtpmfs"), "./check", "-f", "-o", "ro"], cwd=home,
                        env=environment, stderr=subprocess.DEVNULL)
        scene.at_end(end_process, process, 10)
        scene.at_end(unmount_lazily, point)
        wait_until(lambda: is_mounted(point), "./check is mounted", 60)
        run_well("fusermount3", "-u", point)
        expect_equal(end_of(process, "vtpmfs"), 0, "status")
        done = tool("check", cwd=home, env=environment)
        expect_equal(done.returncode, 64, "vtpmfs check is the tool")


def main():
    matrix = Matrix("saved directories: check, keys, diff")
    need_mounts(matrix)
    with Scene() as scene:
        simulator = Simulator(scene, "--no-specials", "--vms", "6", "--datacenters", "1", "--folders", "0")
        mount = Mount(scene, simulator, "-o", "ro")
        saved = save(scene, mount)
        mount.unmount()
        vm = "DC1/vm/win00001"
        rows_of_good_copies(matrix, scene, saved, 6)
        rows_of_damage(matrix, scene, saved, vm)
        rows_of_trees(matrix, scene, saved, vm)
        row_of_progress(matrix, saved)
        rows_of_keys(matrix, scene, simulator, saved, vm)
        rows_of_incomplete_backups(matrix, scene, simulator)
        rows_of_diff(matrix, scene, simulator, saved)
        row_of_names(matrix, scene, simulator)
    matrix.end()


if __name__ == "__main__":
    main()
