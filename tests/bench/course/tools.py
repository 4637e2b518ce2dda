"""The copying tools, as they are typed, and the walkers."""

import os

TOOLS = {
    "cp": lambda source, out: ["cp", "-r", source + "/.", out],
    "tar": lambda source, out: ["tar", "-C", source, "-cf", os.path.join(out, "archive.tar"), "."],
    "rsync": lambda source, out: ["rsync", "-a", source + "/", out],
}

WALKS = {
    "find": lambda source: ["find", source, "-type", "f", "-printf", "%s\\n"],
    "du": lambda source: ["du", "-s", source],
    "ls": lambda source: ["ls", "-lR", source],
}
