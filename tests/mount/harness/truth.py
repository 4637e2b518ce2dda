"""What is in the vCenter according to itself, compared with what files say."""

import base64
import hashlib
import json
import os

from harness.process import expect, expect_equal, run_well

KEY_BEARING = ("encryption.bundle", "keyId", "nvram", "vtpm.json", "SHA256SUMS")
SET = ("SHA256SUMS", "config.json", "encryption.bundle", "firmware", "keyId", "nvram", "vtpm.json")


def sha256_of(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_bytes(path):
    with open(path, "rb") as file:
        return file.read()


def vm_directories(root):
    """Directories of VMs below `root`: those with a config.json; restore/ is not looked into."""
    found = []
    for directory, below, files in os.walk(root):
        if "restore" in below and "vm" in below:
            below.remove("restore")
        if "config.json" in files:
            found.append(directory)
    return sorted(found)


def origin_of(directory):
    with open(os.path.join(directory, "config.json"), encoding="utf-8") as file:
        return json.load(file)["vtpmfs"]


def moref_of(directory):
    return origin_of(directory)["vm"]["value"]


def key_id_of(directory):
    """(provider, key) as keyId says."""
    with open(os.path.join(directory, "keyId"), encoding="utf-8") as file:
        key = json.load(file)
    return key["providerId"]["id"], key["keyId"]


def certificates_of(directory):
    """The vTPM's certificates as a set of DER bytes."""
    with open(os.path.join(directory, "vtpm.json"), encoding="utf-8") as file:
        device = json.load(file)
    members = device["endorsementKeyCertificate"]
    if isinstance(members, dict):  # VI JSON wraps arrays of bytes
        members = members["_value"]
    texts = [m["_value"] if isinstance(m, dict) else m for m in members]
    return {base64.b64decode(text) for text in texts}


def check_files(directory, vm):
    """The files of one VM against the simulator's own digests."""
    names = set(os.listdir(directory))
    where = vm["path"]
    expect_equal(sha256_lines(directory), names - {"SHA256SUMS"}, f"{where}: listed in SHA256SUMS")
    if "nvram" in vm:
        expect_equal(sha256_of(os.path.join(directory, "nvram")), vm["nvram_sha256"], f"{where}: nvram")
    else:
        expect("nvram" not in names, f"{where}: nvram is shown, and there is none")
    firmware = read_bytes(os.path.join(directory, "firmware"))
    expect_equal(firmware, vm["firmware"].encode() + b"\n", f"{where}: firmware")
    if "key_id" in vm:
        expect_equal(key_id_of(directory), (vm["provider"], vm["key_id"]), f"{where}: keyId")
        bundle = sha256_of(os.path.join(directory, "encryption.bundle"))
        expect_equal(bundle, vm["bundle_sha256"], f"{where}: encryption.bundle")
    else:
        expect(not names & {"keyId", "encryption.bundle"}, f"{where}: a key where there is none")
    expect_equal("vtpm.json" in names, vm["tpm"], f"{where}: vtpm.json")
    if vm["tpm"]:
        expect(certificates_of(directory), f"{where}: no certificate in vtpm.json")


def sha256_lines(directory):
    text = read_bytes(os.path.join(directory, "SHA256SUMS")).decode()
    return {line.split("  ", 1)[1] for line in text.splitlines()}


def check_sums(directory):
    run_well("sha256sum", "--quiet", "--strict", "-c", "SHA256SUMS", cwd=directory)


def check_tree(root, vms):
    """Every machine of `vms` (by path) lies below `root` once, and its files are right."""
    by_id = {vm["id"]: vm for vm in vms.values()}
    seen = {}
    for directory in vm_directories(root):
        seen.setdefault(moref_of(directory), []).append(directory)
    twice = [paths for paths in seen.values() if len(paths) > 1]
    expect(not twice, f"a VM is there twice: {twice[:1]}")
    missing = sorted(by_id[i]["path"] for i in set(by_id) - set(seen))
    expect(not missing, f"{len(missing)} VMs are missing: {missing[:3]}")
    expect_equal(sorted(set(seen) - set(by_id)), [], "VMs that should not be there")
    for moref, directories in seen.items():
        check_files(directories[0], by_id[moref])


def fingerprint(root):
    """Path and digest of every file below `root`; restore/ is not looked into."""
    found = {}
    for directory, below, files in os.walk(root):
        if "restore" in below and "vm" in below:
            below.remove("restore")
        for name in files:
            path = os.path.join(directory, name)
            found[os.path.relpath(path, root)] = sha256_of(path)
    return found


def check_same_trees(left, right):
    a, b = fingerprint(left), fingerprint(right)
    different = sorted(p for p in set(a) | set(b) if a.get(p) != b.get(p))
    expect(not different, f"{len(different)} files differ, such as {different[:2]}")


def check_restored(before, after, identity_before, identity_after):
    """A restored machine against the lost one: everything that the sealed state depends on."""
    for fact in ("provider", "key_id", "bundle_sha256", "nvram_sha256", "firmware", "tpm", "name"):
        expect_equal(after.get(fact), before.get(fact), f"restored {fact}")
    expect_equal(identity_after, identity_before, "the vTPM's identity")
    expect(after["instance_uuid"] != before["instance_uuid"], "instanceUuid is not new")
    expect_equal(after["annotation"], before["annotation"], "the annotation")
    marks = [key for key in after["extra_config"] if key.startswith("vtpmfs")]
    expect_equal(marks, [], "marks that stayed in extraConfig")
