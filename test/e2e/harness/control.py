"""A relay whose daemon is asked over its control socket, with its state in a folder of its own."""

import json
import os
import tempfile

from . import daemon


def start(start_relay, workspace, config, state=None):
    """The relay, with the socket's path as relay.control and the folder as relay.state."""
    directory = tempfile.mkdtemp(prefix="control.", dir=workspace)
    os.chmod(directory, 0o755)
    state = state or tempfile.mkdtemp(prefix="state.", dir=directory)
    relay = start_relay(f"control: unix:{directory}/control.sock\nstate: {state}\n{config}")
    relay.control = os.path.join(directory, "control.sock")
    relay.state = state
    return relay


def command(relay, *words):
    return daemon.run(*words, "--socket", relay.control)


def asked(relay, *words):
    """The answer of a command, as JSON."""
    done = command(relay, *words, "--json")
    assert done.returncode == 0, done.stderr + done.stdout
    return json.loads(done.stdout)
