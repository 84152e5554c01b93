#!/usr/bin/env python3
"""What web pages of others can do with a server on this machine, in a real Chromium.

    origin_test.py PROGRAM

Pages come from names that this browser resolves to this machine. A name is "rebound" when its
address is replaced after its page is loaded: here by a server that gives the page, and then
passes every connection on to Yardstick."""
import contextlib
import http.server
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import urllib.request

TEST = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(TEST.parent))
from servers import PATIENCE_S, Servers, engine, system_program

PAGE = b"<!doctype html><title>a page of somebody else</title><body></body>"
CHROMIUM_S = 180


class Pages(http.server.BaseHTTPRequestHandler):
    """The same page at every address."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def pages():
    """A server of pages of others; its port."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def pump(source, target):
    with contextlib.suppress(OSError):
        while data := source.recv(65536): target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


class Rebinder:
    """Gives the page to those who ask for /page, and lets all others speak to another port."""

    def __init__(self, target):
        self.target = target
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        with client, contextlib.suppress(OSError):
            client.settimeout(PATIENCE_S)
            begin = client.recv(65536)
            if begin.startswith(b"GET /page "):
                head = (f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n"
                        f"Content-Length: {len(PAGE)}\r\n\r\n")
                client.sendall(head.encode() + PAGE)
                return
            with socket.create_connection(("127.0.0.1", self.target)) as server:
                server.sendall(begin)
                answers = threading.Thread(target=pump, args=(server, client), daemon=True)
                answers.start()
                pump(client, server)
                answers.join(PATIENCE_S)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()


def port_of(url):
    return int(url.rsplit(":", 1)[1])


def create(urls, name):
    props = {"name": name, "description": "d", "target": 10, "unit": "u", "deadline": "2035-12-31",
             "kind": "gauge"}
    request = urllib.request.Request(
        urls["write"] + "/metrics/CreateMetricCommand",
        json.dumps({"id": name, "props": props}).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
        assert answer.status == 201
    with urllib.request.urlopen(f"{urls['read']}/metrics/{name}?minVersion=1&wait=10000") as answer:
        assert answer.status == 200


def ids(urls):
    with urllib.request.urlopen(urls["read"] + "/metrics?limit=1000", timeout=PATIENCE_S) as answer:
        return {item["_id"] for item in json.load(answer)["items"]}


def browse(folder, part, settings):
    """Runs a part of origin_test.js."""
    done = subprocess.run(
        [engine("playwright-core"), TEST / "origin_test.js", part, json.dumps(settings)],
        cwd=folder, timeout=CHROMIUM_S,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "TMPDIR": str(folder),
             "CHROMIUM": system_program("chromium")})
    if done.returncode != 0: sys.exit(f"{part}: not as it must be, see above")


def at_localhost(urls):
    """As a page would address them: this browser sends more of who asks to trustworthy names."""
    return {api: f"http://localhost:{port_of(url)}" for api, url in urls.items()}


def check_strangers(program, folder, strangers):
    with Servers(program, folder) as servers:
        servers.start("yardstick serve --data closed --allowed-host kpi.example")
        create(servers.urls, "known")
        with Rebinder(port_of(servers.urls["write"])) as write, \
                Rebinder(port_of(servers.urls["read"])) as read:
            browse(folder, "strangers", {**at_localhost(servers.urls), "pages": strangers,
                                         "named": f"http://kpi.example:{port_of(servers.urls['read'])}",
                                         "rebound": {"write": write.port, "read": read.port}})
        recorded = ids(servers.urls)
        assert recorded == {"known"}, f"pages of others recorded {recorded - {'known'}}"
        servers.stop()


def check_allowed(program, folder, strangers):
    with Servers(program, folder) as some, Servers(program, folder) as all_read:
        some.start("yardstick serve --data some "
                   f"--cors-origin http://intranet.example:{strangers}")
        all_read.start("yardstick serve --data all --cors-origin '*'")
        create(some.urls, "known")
        create(all_read.urls, "known")
        browse(folder, "allowed", {"some": at_localhost(some.urls),
                                   "all": at_localhost(all_read.urls), "pages": strangers})
        assert ids(some.urls) == {"known", "by-intranet"}, ids(some.urls)
        assert ids(all_read.urls) == {"known"}, ids(all_read.urls)
        some.stop()
        all_read.stop()


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    engine("playwright-core")
    system_program("chromium")
    with tempfile.TemporaryDirectory() as name, pages() as strangers:
        check_strangers(program, pathlib.Path(name), strangers)
        check_allowed(program, pathlib.Path(name), strangers)


main()
