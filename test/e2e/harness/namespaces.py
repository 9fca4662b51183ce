"""Whether this machine lets a test have mounts and a host name of its own."""

import functools
import subprocess

PROBE = "mount -t tmpfs probe /mnt && mount --bind /dev/null /dev/null && hostname probe.test.example"


@functools.lru_cache(maxsize=None)
def missing():
    """Why there are none here; "" where there are."""
    try:
        done = subprocess.run(["unshare", "--uts", "--mount", "sh", "-c", PROBE], capture_output=True, text=True,
                              check=False)
    except OSError as error:
        return str(error)
    return "" if done.returncode == 0 else f"no namespaces here: {done.stderr.strip()}"
