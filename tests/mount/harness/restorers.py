"""The tools that put a saved directory into restore/: each takes the vault and the lost machine."""

import os
import shutil
import sys

from harness.process import expect, expect_equal, run, run_well
from harness.tools import Borg, Restic, install_files, move


def by_copy(*words):
    def put(vault, lost):
        return run(*words, lost.saved, os.path.dirname(vault.staged(lost)) + "/")

    return put


def by_tar(program, *options):
    def put(vault, lost):
        archive = os.path.join(vault.scene.directory("archive"), "saved.tar")
        run_well(program, "-C", os.path.dirname(lost.saved), "-cf", archive, lost.name)
        return run(program, "-C", os.path.dirname(vault.staged(lost)), *options, "-xf", archive)

    return put


def by_absolute_tar(vault, lost):
    """The whole path of the mount lies in the archive, as `tar -P` and cron jobs write it."""
    archive = os.path.join(vault.scene.directory("archive"), "absolute.tar")
    whole = os.path.join(vault.backup, lost.path)
    run_well("tar", "-C", "/", "-cf", archive, whole.lstrip("/"))
    return run("tar", "-C", vault.mount.path(lost.datacenter, "restore"), "-xf", archive)


def by_mv(vault, lost):
    done, spare = move(lost.saved, vault.staged(lost))
    expect(not os.path.exists(spare), "mv left its source")
    return done


def by_restic(vault, lost):
    place = vault.scene.directory("restic")
    expect_equal(Restic.run(place, "init").returncode, 0, "restic init")
    saved = Restic.run(place, "backup", lost.name, cwd=os.path.dirname(lost.saved))
    expect_equal(saved.returncode, 0, f"restic backup: {saved.stderr}")
    return Restic.run(place, "restore", "latest", "--target", os.path.dirname(vault.staged(lost)))


def by_restic_with_whole_path(vault, lost):
    place = vault.scene.directory("restic")
    expect_equal(Restic.run(place, "init").returncode, 0, "restic init")
    saved = Restic.run(place, "backup", os.path.join(vault.backup, lost.path))
    expect_equal(saved.returncode, 0, f"restic backup: {saved.stderr}")
    target = vault.mount.path(lost.datacenter, "restore")
    return Restic.run(place, "restore", "latest", "--target", target)


def by_borg(vault, lost):
    place = vault.scene.directory("borg")
    expect_equal(Borg.run(place, "init", "--encryption=none").returncode, 0, "borg init")
    saved = Borg.run(place, "create", "::one", lost.name, cwd=os.path.dirname(lost.saved))
    expect_equal(saved.returncode, 0, f"borg create: {saved.stderr}")
    return Borg.run(place, "extract", "::one", cwd=os.path.dirname(vault.staged(lost)))


def by_install(vault, lost):
    return install_files(lost.saved, vault.staged(lost))


def by_copytree(vault, lost):
    words = "import shutil, sys; shutil.copytree(sys.argv[1], sys.argv[2])"
    return run(sys.executable, "-c", words, lost.saved, vault.staged(lost))


def file_by_file(*words):
    """A command for each file, with `from` and `to` in it; the first one's status that is not 0 counts."""
    def put(vault, lost):
        os.makedirs(vault.staged(lost))
        for name in sorted(os.listdir(lost.saved)):
            places = {"from": f"{lost.saved}/{name}", "to": f"{vault.staged(lost)}/{name}"}
            done = run(*[word.format(**places) for word in words])
            if done.returncode != 0:
                return done
        return done

    return put


def by_shell(words):
    """The same by a shell that has the file names as $1 and $2."""
    return file_by_file("bash", "-c", words, "bash", "{from}", "{to}")


def by_copy_of_read_only_directory(vault, lost):
    """cp opens such a directory for itself, and shuts it at the end."""
    os.chmod(lost.saved, 0o555)
    return by_copy("cp", "-r")(vault, lost)


def by_temp_dir(vault, lost):
    """rsync's temporary files lie in another directory of the mount, and are renamed across."""
    spare = os.path.join(os.path.dirname(vault.staged(lost)), ".rsync-" + lost.name)
    os.mkdir(spare)
    return by_copy("rsync", "-a", "--temp-dir=" + spare)(vault, lost)


def by_tar_over_files(vault, lost):
    """Some files are there already: tar unlinks and makes them again."""
    os.makedirs(vault.staged(lost))
    for name in ("config.json", "firmware"):
        shutil.copy(os.path.join(lost.saved, name), vault.staged(lost))
    return by_tar("tar")(vault, lost)


WAYS = [
    ("cp -r", by_copy("cp", "-r")),
    ("cp -a", by_copy("cp", "-a")),
    ("rsync -a", by_copy("rsync", "-a")),
    ("rsync -aAX", by_copy("rsync", "-aAX")),
    ("rsync --inplace", by_copy("rsync", "-a", "--inplace")),
    ("rsync --delay-updates", by_copy("rsync", "-a", "--delay-updates")),
    ("rsync --partial-dir", by_copy("rsync", "-a", "--partial-dir=.partial")),
    ("rsync --fsync", by_copy("rsync", "-a", "--fsync")),
    ("GNU tar x", by_tar("tar")),
    ("bsdtar x", by_tar("bsdtar")),
    ("GNU tar x of an absolute archive", by_absolute_tar),
    ("mv", by_mv),
    ("restic restore", by_restic),
    ("restic restore of a whole path", by_restic_with_whole_path),
    ("borg extract", by_borg),
    ("install", by_install),
    ("python's copytree", by_copytree),
    ("dd", file_by_file("dd", "status=none", "bs=5000", "if={from}", "of={to}")),
    ("dd conv=fsync", file_by_file("dd", "status=none", "conv=fsync", "if={from}", "of={to}")),
    ("cat >", by_shell('cat "$1" > "$2"')),
    ("cp -r of a read-only directory", by_copy_of_read_only_directory),
    ("rsync --temp-dir", by_temp_dir),
    ("GNU tar x over existing files", by_tar_over_files),
]
