"""A server on loopback that takes paid calls, and fails in every way that a server can."""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from typing import Any

Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Server:
    """Does to each connection what a test says, and remembers what came."""

    def __init__(self) -> None:
        self.connections = 0
        self.bodies: list[bytes] = []
        self.heads: list[str] = []
        self.behaviour: Behaviour = self.answer
        self.reply = b"{}"
        self.status = 200
        self.headers = ""
        self.port = 0

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}/v1/images"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.connections += 1
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await self.behaviour(reader, writer)
            await writer.drain()
        writer.close()

    async def take(self, reader: asyncio.StreamReader) -> None:
        """Read a whole request; a question may come without a body."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        _, _, behind = head.lower().partition("content-length: ")
        length = int(behind.split("\r\n")[0] or 0)
        self.heads.append(head)
        self.bodies.append(await reader.readexactly(length))

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take the request and answer it."""
        await self.take(reader)
        head = f"HTTP/1.1 {self.status} Status\r\n{self.headers}Content-Length: {len(self.reply)}\r\n\r\n"
        writer.write(head.encode() + self.reply)

    def say(self, document: object, status: int = 200, **headers: str) -> None:
        """Answer with this document from now on."""
        self.reply, self.status = json.dumps(document).encode(), status
        self.headers = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())

    def documents(self) -> list[dict[str, Any]]:
        """The JSON bodies that came."""
        return [json.loads(body) for body in self.bodies]

    async def hang(self, reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        """Take the request, and then say nothing until the client goes."""
        await self.take(reader)
        await reader.read()

    async def reset_before(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Break off while the request still comes."""
        await reader.readuntil(b"\r\n\r\n")
        writer.transport.abort()

    async def reset_after(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take the request, and break off."""
        await self.take(reader)
        writer.transport.abort()

    async def break_off(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Stop in the middle of the answer."""
        await self.take(reader)
        writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"success": true')

    async def endless(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """An answer that never ends."""
        await self.take(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(bytes(2**16))
            await writer.drain()

    async def nonsense(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Something that is no HTTP."""
        await self.take(reader)
        writer.write(b"bananas\r\n\r\n")

    async def redirect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Another address, which must not be followed."""
        await self.take(reader)
        writer.write(
            f"HTTP/1.1 307 Elsewhere\r\nLocation: {self.url}/again\r\nContent-Length: 0\r\n\r\n".encode()
        )

    async def speak_at_once(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Plain words, whatever the client wants."""
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async def hang_up(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Break off at the client's first byte."""
        await reader.read(1)
        writer.transport.abort()
