"""A Runtime API as AWS Lambda's, for one function: hands out events and notes when what came."""
import http.server
import threading
import time


class RuntimeApi:
    """`events`: what the function is invoked with, one after the other; then it waits."""

    def __init__(self, events):
        self.events = events
        self.asked = []     # when the function asked for its n-th event
        self.answered = []  # when it had dealt with it
        self.answers = []
        self.done = threading.Event()
        api = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                api.asked.append(time.monotonic())
                if len(api.asked) > len(api.events):
                    api.done.set()
                    return api.closing.wait()
                body = api.events[len(api.asked) - 1]
                self.send_response(200)
                self.send_header("Lambda-Runtime-Aws-Request-Id", str(len(api.asked)))
                self.send_header("Lambda-Runtime-Deadline-Ms", str(int(time.time() * 1000) + 60_000))
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self):
                api.answers.append(self.rfile.read(int(self.headers["Content-Length"])))
                api.answered.append(time.monotonic())
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.closing = threading.Event()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self):
        return f"127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()
