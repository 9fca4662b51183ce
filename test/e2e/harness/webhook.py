"""A web server that a test tells how to answer, and that keeps what it was sent."""

import http.server
import json
import ssl
import threading


class Webhook:
    """`answers`: a status for each request in turn, the last one for all further ones; "hang" answers nothing until the end."""

    def __init__(self, *answers, certificate=None):
        self.answers = list(answers)
        self.requests = []
        self._released = threading.Event()
        hook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                hook.answer(self)

            def do_GET(self):
                hook.answer(self)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/hook"

    def answer(self, request):
        body = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        self.requests.append((request.command, request.path, dict(request.headers), body))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer == "hang":
            self._released.wait()
            return
        status, location = answer if isinstance(answer, tuple) else (answer, None)
        request.send_response(status)
        if location is not None:
            request.send_header("Location", location)
        request.send_header("Content-Length", "0")
        request.end_headers()

    def notices(self):
        return [json.loads(body) for _, _, _, body in list(self.requests)]

    def stop(self):
        self._released.set()
        self.server.shutdown()
        self.server.server_close()
