"""HTTP/1.1, and what of a request is read before an operation runs (contract 1.2 to 1.8)."""

import asyncio
import json
import random
import re
from urllib.parse import unquote_to_bytes

import shapes
from service import Call
from shapes import Fault, Number, bad

HEAD_LIMIT, BODY_LIMIT = 64 * 1024, 16 * 1024 * 1024
REASONS = {200: "OK", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed", 413: "Payload Too Large",
           429: "Too Many Requests", 431: "Request Header Fields Too Large"}


def unquote(text):
    """Percent-decoded once."""
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError as e:
        raise bad("not UTF-8") from e


class Wire:
    """Reads requests for a service and writes its answers; refuses a share of them for want of room."""

    def __init__(self, service, refused=0.0):
        self.service, self.refused = service, refused
        self.routes = [(operation, *route.split(" ")) for operation, route in shapes.ROUTES.items()]

    # From a request to an answer

    def answer(self, method, target, body):
        """Status, headers and body."""
        headers = [("Content-Type", "application/json")]
        try:
            if random.random() < self.refused:
                raise Fault(429, "ThrottlingException", "too many requests")
            answer = self.service.call(self.read(method, target, body))
            return 200, headers, json.dumps(answer).encode()
        except Fault as fault:
            return self.failure(fault)

    def failure(self, fault):
        headers = [("Content-Type", "application/json"), ("X-Amzn-Errortype", fault.kind)]
        return fault.status, headers, json.dumps({"Message": fault.message}).encode()

    def read(self, method, target, body):
        path, _, query = re.sub(r"\Ahttps?://[^/?]*", "", target).partition("?")
        operation, labels = self.route(method, path)
        pairs = [p.partition("=") for p in query.split("&") if p]
        pairs = [(unquote(k), unquote(v)) for k, _, v in pairs]
        size, token = self.paging(dict(pairs)) if operation in shapes.PAGED else (None, None)
        tag_keys = []
        if operation == "UntagResource":
            tag_keys = shapes.TAG_KEYS.read([v for k, v in pairs if k == "tagKeys"], "tagKeys")
        members = {}
        if operation in shapes.BODIES:
            members = shapes.BODIES[operation].read(self.body(body, operation))
        return Call(operation, labels, size, token, members, tag_keys)

    def route(self, method, path):
        segments = path.split("/")[1:]
        known = False
        for operation, wanted, pattern in self.routes:
            parts = pattern.split("/")[1:]
            if len(parts) != len(segments) or not all(p[0] == "{" or p == s for p, s in zip(parts, segments)):
                continue
            if method == wanted:
                return operation, {p[1:-1]: shapes.LABELS[p[1:-1]].read(unquote(s), p[1:-1])
                                   for p, s in zip(parts, segments) if p[0] == "{"}
            known = True
        if known:
            raise Fault(405, "UnknownOperationException", "no such method")
        raise Fault(404, "UnknownOperationException", "no such path")

    def paging(self, query):
        size = token = None
        if "max-results" in query:
            size = shapes.PAGE_SIZE.read(Number(query["max-results"]), "max-results")
        if "next-token" in query:
            token = shapes.TOKEN.read(query["next-token"], "next-token")
        return size, token

    def body(self, body, operation):
        if not body and not shapes.BODIES[operation].required:
            return {}
        try:
            return shapes.read_json(body.decode())
        except ValueError as e:
            raise bad("the body is not JSON") from e

    # Connections

    async def serve(self, reader, writer):
        try:
            while await self.exchange(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def exchange(self, reader, writer):
        """One request and its answer; whether the connection stays."""
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            method, target, headers = self.head(head)
            if headers.get("expect", "").lower() == "100-continue":
                writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            body = await self.content(reader, headers)
        except asyncio.LimitOverrunError:
            await self.send(writer, "GET", self.failure(Fault(431, "InvalidRequestException", "too long")), False)
            return False
        except Fault as fault:
            await self.send(writer, "GET", self.failure(fault), False)
            return False
        stays = headers.get("connection", "").lower() != "close"
        await self.send(writer, method, self.answer(method, target, body), stays)
        return stays

    def head(self, head):
        lines = head.decode("latin-1").split("\r\n")
        first = lines[0].split(" ")
        if len(first) != 3 or not first[2].startswith("HTTP/1."):
            raise bad("this is no request")
        headers = {}
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            name, value = name.strip().lower(), value.strip()
            if name == "content-length" and headers.get(name, value) != value:
                raise bad("two lengths")
            if colon:
                headers[name] = value
        return first[0], first[1], headers

    async def content(self, reader, headers):
        if "chunked" in headers.get("transfer-encoding", "").lower():
            return await self.chunks(reader)
        length = headers.get("content-length", "0")
        if not re.fullmatch("[0-9]{1,15}", length):
            raise bad("no length")
        if int(length) > BODY_LIMIT:
            raise Fault(413, "InvalidRequestException", "too large")
        return await reader.readexactly(int(length))

    async def chunks(self, reader):
        body = b""
        while True:
            size = (await reader.readuntil(b"\r\n")).split(b";")[0].strip()
            if not re.fullmatch(b"[0-9a-fA-F]{1,8}", size):
                raise bad("no chunk")
            if len(body) + int(size, 16) > BODY_LIMIT:
                raise Fault(413, "InvalidRequestException", "too large")
            body += await reader.readexactly(int(size, 16))
            if int(size, 16) == 0:
                while (await reader.readuntil(b"\r\n")) != b"\r\n":
                    pass
                return body
            await reader.readexactly(2)

    async def send(self, writer, method, answer, stays):
        status, headers, body = answer
        lines = [f"HTTP/1.1 {status} {REASONS[status]}", f"Content-Length: {len(body)}"]
        lines += [f"{n}: {v}" for n, v in headers]
        if not stays:
            lines.append("Connection: close")
        head = ("\r\n".join(lines) + "\r\n\r\n").encode()
        writer.write(head if method == "HEAD" else head + body)
        await writer.drain()
