"""A socketmap server (socketmap_table(5)) that answers from a dictionary."""

import socket
import threading


class SocketmapServer:
    def __init__(self, maps, silent_about=()):
        """`maps` has a dictionary for each map name; a key that ends in one of `silent_about` is never answered."""
        self.maps = maps
        self.silent_about = tuple(silent_about)
        self.questions = []
        self._connections = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,))
            thread.start()
            self._connections.append((connection, thread))

    def _serve(self, connection):
        with connection, connection.makefile("rb") as lines:
            while True:
                length = b""
                while (byte := lines.read(1)) not in (b":", b""):
                    length += byte
                question = lines.read(int(length) + 1) if byte else b""
                if not question:
                    return
                name, _, key = question[:-1].decode().partition(" ")
                self.questions.append(key)
                if key.endswith(self.silent_about):
                    continue
                value = self.maps.get(name, {}).get(key)
                answer = "NOTFOUND " if value is None else f"OK {value}"
                connection.sendall(f"{len(answer)}:{answer},".encode())

    def stop(self):
        """Once, or again."""
        if self._listening.fileno() < 0:
            return
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()
        for connection, thread in self._connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            thread.join()
