#!/usr/bin/env python3
"""Runs nginx with deploy/nginx/yardstick.conf, only ports and paths replaced, and walks through it.

    nginx_test.py PROGRAM
"""
import contextlib
import json
import pathlib
import socket
import subprocess
import sys
import tempfile
import time

from servers import PATIENCE_S, ROOT, Servers, system_program

CONF = ROOT / "deploy/nginx/yardstick.conf"
PAGE = ROOT / "docs/operating.md"
NAME = "kpi.example"
STARTS_MAX = 5  # a port that was free may be taken by another test

# What Debian's nginx.conf has around the file, with everything that is written in one folder.
AROUND = """
daemon off;
error_log stderr;
pid {folder}/nginx.pid;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/yardstick.conf;
}}
"""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def make_certificate(folder):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1",
                    "-keyout", folder / "key.pem", "-out", folder / "certificate.pem",
                    "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME},IP:127.0.0.1"],
                   check=True, stderr=subprocess.DEVNULL)


def configure(folder, urls):
    """Writes the configuration; the ports of HTTPS and HTTP."""
    https, http = free_port(), free_port()
    text = CONF.read_text()
    for printed, here in {
            "server 127.0.0.1:3000;": f"server {urls['write'].removeprefix('http://')};",
            "server 127.0.0.1:3001;": f"server {urls['read'].removeprefix('http://')};",
            "listen 443 ssl;": f"listen 127.0.0.1:{https} ssl;",
            "listen 80;": f"listen 127.0.0.1:{http};",
            "/etc/ssl/certs/kpi.example.pem": str(folder / "certificate.pem"),
            "/etc/ssl/private/kpi.example.key": str(folder / "key.pem")}.items():
        assert text.count(printed) == 1, f"{printed} is in {CONF.name} {text.count(printed)} times"
        text = text.replace(printed, here)
    (folder / "yardstick.conf").write_text(text)
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder))
    return https, http


def listens(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False


@contextlib.contextmanager
def nginx(folder, urls):
    """nginx, and its ports of HTTPS and HTTP."""
    make_certificate(folder)
    for _ in range(STARTS_MAX):
        ports = configure(folder, urls)
        process = subprocess.Popen([system_program("nginx"), "-p", folder, "-c", folder / "nginx.conf"])
        until = time.monotonic() + PATIENCE_S
        while process.poll() is None and not listens(ports[0]):
            assert time.monotonic() < until, "nginx does not listen"
            time.sleep(0.01)
        if process.poll() is None: break
    try:
        assert process.poll() is None, "nginx does not start"
        yield ports
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


class Client:
    """curl, which resolves the name to this machine."""

    def __init__(self, folder, https, http):
        self.url = f"https://{NAME}:{https}"
        self.plain_url = f"http://{NAME}:{http}"
        self.options = ["--silent", "--show-error", "--cacert", folder / "certificate.pem",
                        "--max-time", str(PATIENCE_S), "--write-out", "\n%{http_code}",
                        "--noproxy", "*", "--resolve", f"{NAME}:{https}:127.0.0.1",
                        "--resolve", f"{NAME}:{http}:127.0.0.1"]

    def ask(self, target, *more, body=None):
        """Status and what was sent after it."""
        options = [*self.options, *more]
        if body is not None:
            options += ["--header", "Content-Type: application/json", "--data", json.dumps(body)]
        url = target if "://" in target else self.url + target
        printed = subprocess.run(["curl", *options, url], check=True, text=True,
                                 stdout=subprocess.PIPE).stdout
        text, status = printed.rsplit("\n", 1)
        return int(status), text


def expect(answer, status, text):
    assert answer[0] == status and text in answer[1], f"{answer} is not {status} with {text}"


def walk(client):
    create, report = "/metrics/CreateMetricCommand", "/metrics/UpdateMetricValueCommand"
    props = {"name": "Books read", "description": "Two a month", "target": 24, "unit": "books",
             "deadline": "2035-12-31"}
    expect(client.ask(create, body={"id": "books", "props": props}), 201, '"version":1')
    four = {"id": "books", "props": {"value": 4}}
    expect(client.ask(report, body=four), 201, '"version":2')
    expect(client.ask("/metrics/books?minVersion=2&wait=10000"), 200, '"value":4,')
    expect(client.ask("/metrics/books", "--head"), 200, "ETag")
    expect(client.ask("/"), 200, "read API")
    # As pages of this name, of others, and by a name of theirs.
    own = ["--header", f"Origin: {client.url}", "--header", "Sec-Fetch-Site: same-origin"]
    expect(client.ask(report, *own, body=four), 201, '"version":3')
    for origin in ("https://evil.example", client.plain_url, "null"):
        foreign = ["--header", f"Origin: {origin}"]
        expect(client.ask(report, *foreign, body=four), 403, "foreign-origin")
    # What a client says of the scheme is not passed on.
    lie = ["--header", f"Origin: {client.url.replace('https', 'http')}",
           "--header", "X-Forwarded-Proto: http"]
    expect(client.ask(report, *lie, body=four), 403, "foreign-origin")
    expect(client.ask("/metrics/books", "--header", "Host: rebind.example"), 421, "unknown-host")
    expect(client.ask("/metrics/books"), 200, '"version":3')
    expect(client.ask(client.plain_url + "/metrics", "--include"), 301,
           f"Location: https://{NAME}/metrics")


def import_rows(program, folder, https):
    """More than goes into one request: nginx passes one on when it is whole, up to 1 MiB."""
    rows = 9_000
    file = folder / "rows.csv"
    file.write_text("when,what\n" + "".join(f"{1_700_000_000 + i},{i}\n" for i in range(rows)))
    url = f"https://127.0.0.1:{https}"
    done = subprocess.run(
        [program, "import", file, "--server", url, "--read-server", url, "--ca-file",
         folder / "certificate.pem", "--id", "rows", "--time", "when", "--value", "what", "--name",
         "Rows", "--target", "1", "--unit", "rows", "--deadline", "2099-12-31", "--kind", "gauge"],
        text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE_S, check=False)
    expected = f"{rows} rows recorded, 0 were there, 0 changed values, 0 bad lines\n"
    assert (done.returncode, done.stdout) == (0, expected), done


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    for name in ("nginx", "openssl", "curl"): system_program(name)
    assert f"```nginx example\n{CONF.read_text()}```\n" in PAGE.read_text(), \
        f"{PAGE.name} does not quote {CONF.name} as it is"
    with tempfile.TemporaryDirectory() as name, Servers(program, pathlib.Path(name)) as servers:
        folder = pathlib.Path(name)
        folder.chmod(0o711)  # started by root, nginx keeps bodies as another user
        servers.start(f"yardstick serve --allowed-host {NAME}")
        with nginx(folder, servers.urls) as ports:
            walk(Client(folder, *ports))
            import_rows(program, folder, ports[0])
        servers.stop()


main()
