#!/usr/bin/env python3
"""`import`, `show` and `healthy` over https: what they trust, and what they say when they don't.

  client_tls_test.py YARDSTICK
"""
import pathlib
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import threading

from servers import Servers

PATIENCE_S = 60


def openssl(*arguments, folder):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.PIPE)


def make_authority(folder, name):
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out",
            f"{name}.pem", "-days", "2", "-subj", f"/CN={name}", folder=folder)


def make_certificate(folder, authority, name, alternative, days=2):
    """With 0 days it is over at once. (OpenSSL 3.5 makes none that ends before it begins.)"""
    (folder / f"{name}.ext").write_text(f"subjectAltName={alternative}\n")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr",
            "-subj", f"/CN={name}", folder=folder)
    openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{authority}.pem", "-CAkey",
            f"{authority}.key", "-CAcreateserial", "-out", f"{name}.pem", "-days", str(days),
            "-extfile", f"{name}.ext", folder=folder)


class Front:
    """Speaks TLS with a certificate, and passes on what comes to a server without it."""

    def __init__(self, folder, certificate, target):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(folder / f"{certificate}.pem", folder / f"{certificate}.key")
        self.target = int(target.rsplit(":", 1)[1])
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        try:
            client = self.context.wrap_socket(client, server_side=True)
        except (ssl.SSLError, OSError):
            return
        server = socket.create_connection(("127.0.0.1", self.target))
        threading.Thread(target=self.pass_on, args=(server, client), daemon=True).start()
        self.pass_on(client, server)

    @staticmethod
    def pass_on(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass


class Redirect:
    """Answers each request with a redirect."""

    def __init__(self, location):
        self.location = location
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            client.recv(65536)
            client.sendall(f"HTTP/1.1 301 Moved\r\nLocation: {self.location}\r\n"
                           "Content-Length: 0\r\nConnection: close\r\n\r\n".encode())
            client.close()


class Tests:
    def __init__(self, program, folder, servers):
        self.program, self.folder, self.servers = program, folder, servers
        make_authority(folder, "ca")
        make_authority(folder, "other")
        make_certificate(folder, "ca", "good", "IP:127.0.0.1")
        make_certificate(folder, "ca", "foreign", "DNS:elsewhere.example")
        make_certificate(folder, "ca", "old", "IP:127.0.0.1", days=0)
        self.write, self.read = self.front("good", "write"), self.front("good", "read")
        self.ca = str(folder / "ca.pem")

    def front(self, certificate, api):
        return Front(self.folder, certificate, self.servers.urls[api]).url

    def run(self, *arguments, code=0, says="", environment=None):
        done = subprocess.run([self.program, *arguments], text=True, cwd=self.folder,
                              capture_output=True, timeout=PATIENCE_S, check=False,
                              env={"PATH": "/usr/bin:/bin", **(environment or {})})
        text = done.stdout + done.stderr
        assert done.returncode == code, f"{arguments} ended with {done.returncode}: {text}"
        assert says in text, f"{arguments} says: {text}"
        assert "secret" not in text, f"{arguments} says: {text}"
        return done

    def imports_and_shows(self):
        (self.folder / "a.csv").write_text("when,what\n" + "".join(
            f"{1600000000 + i},{i}\n" for i in range(2000)))
        trust = {"YARDSTICK_CA_FILE": self.ca}
        self.run("import", "a.csv", "--time", "when", "--value", "what", "--id", "a", "--name", "A",
                 "--target", "9", "--unit", "u", "--deadline", "2099-12-31", "--kind", "gauge",
                 "--server", self.write, "--read-server", self.read, environment=trust,
                 says="2000 rows recorded")
        self.run("show", "a", "--server", self.read, "--ca-file", self.ca, says="2000 values")
        self.run("healthy", "--url", self.read, "--ca-file", self.ca, says="healthy")

    def trusts_nobody_else(self):
        def refused(url, says, *options):
            self.run("show", "a", "--server", url, *options, code=1, says=says)
            self.run("healthy", "--url", url, *options, code=1, says=says)
            self.run("import", "a.csv", "--time", "when", "--value", "what", "--id", "a", "--server",
                     url, "--read-server", url, *options, code=1, says=says)
        trust = ("--ca-file", self.ca)
        refused(self.read, "authority that is not known here; --ca-file names")
        refused(self.read, "authority that is not known", "--ca-file", str(self.folder / "other.pem"))
        refused(self.front("foreign", "read"), "its certificate is for another name", *trust)
        refused(self.front("old", "read"), "its certificate has expired", *trust)
        refused(self.read, "can't be read, or holds no certificate", "--ca-file", "/none.pem")
        (self.folder / "empty.pem").write_text("nothing\n")
        refused(self.read, "can't be read, or holds no certificate", "--ca-file", "empty.pem")

    def says_what_is_wrong_with_an_address(self):
        plain = self.servers.urls["read"]
        self.run("show", "a", "--server", plain.replace("http:", "https:"), code=1,
                 says="no TLS is spoken there")
        self.run("show", "a", "--server", "ftp://127.0.0.1", code=1,
                 says="an address begins with http:// or https://")
        to = Redirect("https://127.0.0.1:1/metrics/a").url
        self.run("show", "a", "--server", to, code=1,
                 says="answered 301: it points to https://127.0.0.1:1/metrics/a")
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        nobody = f"http://me:secret@127.0.0.1:{port}"
        done = self.run("show", "a", "--server", nobody, code=1, says="yardstick serve")
        assert re.search(r"http://\*\*\*@127\.0\.0\.1", done.stderr), done.stderr
        self.run("healthy", "--url", nobody, code=1, says="***@127.0.0.1")
        self.run("import", "a.csv", "--time", "when", "--value", "what", "--id", "a", "--server",
                 nobody, "--read-server", nobody, "--retry-for", "1", code=1, says="***@127.0.0.1")
        self.run("show", "nobody", "--server", plain.replace("//", "//me:secret@"), code=4,
                 says="there is no metric 'nobody' at http://***@")


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        with Servers(program, folder) as servers:
            servers.start("yardstick serve --no-access-log")
            tests = Tests(program, folder, servers)
            tests.imports_and_shows()
            tests.trusts_nobody_else()
            tests.says_what_is_wrong_with_an_address()
            servers.stop()


if __name__ == "__main__":
    main()
