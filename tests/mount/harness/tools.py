"""The copying tools: what a user types to save a tree, and to put one back."""

import os
import shutil
import sys

from harness.matrix import need_program
from harness.process import clean_environment, run

RESTIC_PASSWORD = "for a repository in a test"


def _archiver(program, source, archive):
    need_program(program)
    return run(program, "-C", source, "-cf", archive, ".")


def _unpack(program, archive, target):
    return run(program, "-C", target, "-xf", archive)


class Copier:
    """cp and rsync: what they write is the copy."""

    def __init__(self, name, words, slashes=("/.", "/")):
        self.name = name
        self.words = words
        self.slashes = slashes

    def save(self, source, place):
        need_program(self.words[0])
        return run(*self.words, source + self.slashes[0], place + self.slashes[1])

    def unpack(self, place, target):
        """The saved tree below `target`."""
        return run(*self.words, place + self.slashes[0], target + self.slashes[1])


class Archiver:
    """GNU tar and bsdtar."""

    def __init__(self, name, program):
        self.name = name
        self.program = program

    def save(self, source, place):
        return _archiver(self.program, source, os.path.join(place, "archive.tar"))

    def unpack(self, place, target):
        return _unpack(self.program, os.path.join(place, "archive.tar"), target)


class Restic:
    name = "restic"

    @staticmethod
    def run(place, *words, cwd=None, seconds=300):
        need_program("restic")
        environment = clean_environment(
            RESTIC_REPOSITORY=os.path.join(place, "repository"),
            RESTIC_PASSWORD=RESTIC_PASSWORD,
            RESTIC_CACHE_DIR=os.path.join(place, "cache"),
            HOME=place,
        )
        return run("restic", *words, env=environment, cwd=cwd, seconds=seconds)

    def save(self, source, place):
        if not os.path.exists(os.path.join(place, "repository")):
            made = self.run(place, "init")
            if made.returncode != 0:
                return made
        return self.run(place, "backup", "--json", ".", cwd=source)

    def unpack(self, place, target):
        return self.run(place, "restore", "latest", "--target", target)


class Borg:
    name = "borg"

    def __init__(self):
        self.number = 0

    @staticmethod
    def run(place, *words, cwd=None, seconds=300):
        need_program("borg")
        environment = clean_environment(
            BORG_REPO=os.path.join(place, "repository"),
            BORG_BASE_DIR=place,
            BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK="yes",
            BORG_RELOCATED_REPO_ACCESS_IS_OK="yes",
            HOME=place,
        )
        return run("borg", *words, env=environment, cwd=cwd, seconds=seconds)

    def save(self, source, place):
        if not os.path.exists(os.path.join(place, "repository")):
            made = self.run(place, "init", "--encryption=none")
            if made.returncode != 0:
                return made
        self.number += 1
        return self.run(
            place, "create", "--list", "--files-cache=ctime,size,inode",
            f"::number{self.number}", ".", cwd=source,
        )

    def unpack(self, place, target):
        newest = self.run(place, "list", "--last", "1", "--short").stdout.strip()
        return self.run(place, "extract", f"::{newest}", cwd=target)


class Python:
    name = "python's copytree"

    @staticmethod
    def save(source, place):
        return Python.unpack(source, place)

    @staticmethod
    def unpack(place, target):
        return run(
            sys.executable, "-c",
            "import shutil, sys; shutil.copytree(sys.argv[1], sys.argv[2], dirs_exist_ok=True)",
            place, target,
        )


def backup_tools():
    return [
        Copier("cp -r", ["cp", "-r"]),
        Copier("cp -a", ["cp", "-a"]),
        Copier("rsync -a", ["rsync", "-a"], ("/", "/")),
        Archiver("GNU tar", "tar"),
        Archiver("bsdtar", "bsdtar"),
        Restic(),
        Borg(),
    ]


def install_files(source, target):
    """`install` copies files, not trees: a directory at a time, nvram first."""
    made = run("install", "-d", "-m", "0700", target)
    files = sorted(os.listdir(source), key=lambda name: name != "nvram")
    done = run("install", "-m", "0600", *[os.path.join(source, f) for f in files], target)
    return done if made.returncode == 0 else made


def move(source, target):
    """mv of a copy, so that the saved directory stays."""
    spare = source + ".to-move"
    shutil.copytree(source, spare)
    return run("mv", spare, target), spare
