"""Signatures made by `check --sign`, recomputed by botocore's signer from the bytes that arrived.

`check` speaks to a proxy in front of the reference server. The proxy looks at every request before it passes it on: only what the
signature says is signed goes into botocore's `SigV4Auth`, and the same signature has to come out.
"""

import os
import re
import socket
import socketserver
import subprocess
import threading
import unittest
from urllib.parse import unquote, urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from conversation import ENDPOINT

BINARY = os.environ.get("PROFILE_CONTRACT_BINARY")
KEY, SECRET, TOKEN = "AKIDTESTTESTTEST", "s3cr3t/Key+of=Test", "t0ken/of+Test=="
REGION = "eu-west-1"

AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<scope>[^,]+), SignedHeaders=(?P<headers>[^,]+), Signature=(?P<signature>[0-9a-f]{64})"
)

# What each service but S3 needs and a client that signs with headers sends.
ALWAYS_SIGNED = {"host", "x-amz-date", "x-amz-security-token"}


def whole_request(connection):
    """The bytes of one request, as far as its own framing says; empty if the peer has nothing more to say."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return data
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = re.findall(rb"(?im)^content-length:[ \t]*(\d+)[ \t]*\r?$", head)
    if re.search(rb"(?im)^transfer-encoding:.*chunked[ \t]*\r?$", head):
        while not body.endswith(b"0\r\n\r\n"):
            more = connection.recv(65536)
            if not more:
                break
            body += more
    elif lengths:
        while len(body) < int(lengths[0]):
            more = connection.recv(65536)
            if not more:
                break
            body += more
    return head + b"\r\n\r\n" + body


def without_chunks(body):
    whole = b""
    while body:
        size, _, rest = body.partition(b"\r\n")
        size = int(size.split(b";")[0], 16)
        if size == 0:
            break
        whole, body = whole + rest[:size], rest[size + 2 :]
    return whole


class Signed:
    """A request as it arrived."""

    def __init__(self, data):
        head, _, self.body = data.partition(b"\r\n\r\n")
        lines = head.decode("utf-8", "surrogateescape").split("\r\n")
        self.line = lines[0]
        self.fields = [(name.lower(), value.strip(" \t")) for name, _, value in (line.partition(":") for line in lines[1:])]
        if any(name == "transfer-encoding" and value.lower().endswith("chunked") for name, value in self.fields):
            self.body = without_chunks(self.body)

    def values(self, name):
        return [value for known, value in self.fields if known == name]

    def authorization(self):
        return next((AUTHORIZATION.fullmatch(value) for value in self.values("authorization")), None)

    def problem(self):
        """Where the signature is not what botocore makes of the request; None if it is."""
        found = self.authorization()
        names = found["headers"].split(";")
        method, target, _ = self.line.split(" ")
        (host,) = self.values("host")
        (date,) = self.values("x-amz-date")
        if found["key"] != KEY or found["scope"] != f"{date[:8]}/{REGION}/profile/aws4_request":
            return f"credential {found['key']}/{found['scope']}"
        if not ALWAYS_SIGNED <= set(names) or self.values("x-amz-security-token") != [TOKEN]:
            return f"signed headers {names}"
        # A service reads a query and writes it anew: whatever botocore itself would not have left as it is gets its escapes.
        path, _, query = target.partition("?")
        parameters = [pair.partition("=") for pair in query.split("&") if pair]
        parameters = [(unquote(name), unquote(value)) for name, _, value in parameters]
        request = AWSRequest(method=method, url=f"http://{host}{path}", params=parameters, data=self.body)
        for name in names:
            for value in self.values(name):
                request.headers.add_header(name, value)
        request.context["timestamp"] = date
        signer = SigV4Auth(Credentials(KEY, SECRET, TOKEN), "profile", REGION)
        canonical = signer.canonical_request(request)
        expected = signer.signature(signer.string_to_sign(request, canonical), request)
        return None if expected == found["signature"] else f"botocore signs\n{canonical}"


class Proxy(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 256

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = threading.Lock()
        self.signed, self.tags, self.bodies, self.unsigned, self.problems = 0, 0, 0, [], []

    def note(self, data):
        if b"AWS4-HMAC-SHA256 Credential=" + KEY.encode() not in data:
            with self.lock:
                self.unsigned.append(data.partition(b"\r\n")[0])
            return
        request = Signed(data)
        try:
            problem = request.problem()
        except Exception as error:  # noqa: BLE001 what cannot be verified is a problem like others
            problem = repr(error)
        with self.lock:
            self.signed += 1
            self.tags += "/tags/arn%3A" in request.line
            self.bodies += bool(request.body)
            if problem:
                self.problems.append(f"{request.line}: {problem}")


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        """Passes requests on, one connection to the server for each connection of the client."""
        address = urlsplit(ENDPOINT)
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with socket.create_connection((address.hostname, address.port)) as server:
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            back = threading.Thread(target=self.pass_back, args=(server,), daemon=True)
            back.start()
            try:
                while data := whole_request(self.request):
                    if b"\r\n\r\n" in data:
                        self.server.note(data)
                    server.sendall(data)
                server.shutdown(socket.SHUT_WR)
            except OSError:
                pass
            back.join()

    def pass_back(self, server):
        try:
            while data := server.recv(65536):
                self.request.sendall(data)
            self.request.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


@unittest.skipUnless(BINARY, "needs the binary that the server was started from")
class Signatures(unittest.TestCase):
    maxDiff = None

    def test_every_signature_is_that_of_botocore(self):
        with Proxy() as proxy:
            threading.Thread(target=proxy.serve_forever, daemon=True).start()
            environment = {
                **os.environ,
                "AWS_ACCESS_KEY_ID": KEY,
                "AWS_SECRET_ACCESS_KEY": SECRET,
                "AWS_SESSION_TOKEN": TOKEN,
                "AWS_REGION": REGION,
            }
            endpoint = f"http://127.0.0.1:{proxy.server_address[1]}"
            # No header may tell clients and proxies apart, and no domain of this run may stay.
            command = [BINARY, "check", "--sign", "--endpoint", endpoint, "--cases", "300", "--jobs", "4", "--verbose"]
            done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)
            proxy.shutdown()
        told = f"{proxy.signed} signed ({proxy.tags} of tags, {proxy.bodies} with a body), {len(proxy.unsigned)} not"
        self.assertEqual(proxy.problems, [], told)
        self.assertEqual(done.returncode, 0, done.stdout[-3000:] + done.stderr[-1000:])
        self.assertGreater(proxy.signed, 8000, told)
        self.assertGreater(proxy.tags, 200, told)
        self.assertGreater(proxy.bodies, 4000, told)
        # Cases about signatures, and what is no request.
        self.assertLess(len(proxy.unsigned), 150, proxy.unsigned)
        print(told)


if __name__ == "__main__":
    unittest.main()
