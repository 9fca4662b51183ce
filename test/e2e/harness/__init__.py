"""What the end-to-end tests stand on: private servers on 127.0.0.1, a mail client, a milter client, a sink.

Every server here lives in a directory of its own, listens on a free port and is stopped by its process id.
Nothing of the machine's own mail system is read or written.
"""
