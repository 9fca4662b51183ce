"""Trees of Debian, made with debootstrap, and layers over them: what test/package and test/container share."""

import glob
import os
import re
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TREES = os.path.join(ROOT, "build/trees")


def run(*words, **options):
    return subprocess.run(words, check=True, **options)


def mirror():
    """The mirror that apt uses here."""
    for path in glob.glob("/etc/apt/sources.list") + sorted(glob.glob("/etc/apt/sources.list.d/*")):
        with open(path, encoding="utf-8") as source:
            found = re.search(r"^(?:URIs:|deb(?: \[[^]]*\])?) *(\S*debian\S*)", source.read(), re.MULTILINE)
        if found:
            return found.group(1)
    sys.exit(f"{sys.argv[0]}: apt's lists name no mirror of Debian")


def fresh_tree(release, name, packages):
    """build/trees/NAME: a minimal Debian with these packages, separated by commas. One that is there already is taken."""
    root = os.path.join(TREES, name)
    if not os.path.exists(root + "/complete"):
        shutil.rmtree(root, ignore_errors=True)
        os.makedirs(TREES, exist_ok=True)
        done = subprocess.run(["debootstrap", "--variant=minbase", f"--include={packages}", release, root, mirror()], check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert done.returncode == 0, f"debootstrap {release}:\n{done.stdout[-2000:]}"
        with open(root + "/complete", "w", encoding="utf-8"):
            pass
    return root


def overlay(lower, work):
    """A tree on top of another, which stays as it is."""
    run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", work)
    for name in ("upper", "work", "root"):
        os.mkdir(os.path.join(work, name))
    root = os.path.join(work, "root")
    run("mount", "-t", "overlay", "overlay", "-o", f"lowerdir={lower},upperdir={work}/upper,workdir={work}/work", root)
    return root
