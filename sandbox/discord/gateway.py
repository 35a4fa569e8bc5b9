"""The gateway: the WebSocket over which a bot hears what happens."""

import asyncio
import json
import zlib
from collections import deque
from contextlib import suppress

from aiohttp import web
from pydantic import ValidationError

from sandbox.discord.events import BotCameOnline, BotWentOffline
from sandbox.discord.gateway_frames import Frame, Identify, Resume
from sandbox.discord.gateway_session import MESSAGE_CONTENT, Session
from sandbox.discord.model import JSON
from sandbox.discord.state import State

_HEARTBEAT_MILLISECONDS = 41_250
_MEMBERS, _PRESENCES = 1 << 1, 1 << 8
_ALL_INTENTS = (1 << 26) - 1
_OLD_SESSIONS = 10
_ACK_SECONDS = 0.02


class Refused(Exception):
    """The gateway closes a connection with this code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Connection:
    """One WebSocket; frames leave it in order, compressed if the bot asked for that."""

    def __init__(self, socket: web.WebSocketResponse, *, compressed: bool) -> None:
        self.session: Session | None = None
        self.gone = asyncio.Event()
        self._socket = socket
        self._zlib = zlib.compressobj() if compressed else None
        self._outgoing: asyncio.Queue[JSON | int] = asyncio.Queue()

    def send(self, frame: JSON) -> None:
        """Queue a frame."""
        self._outgoing.put_nowait(frame)

    def close(self, code: int) -> None:
        """Queue the end."""
        self._outgoing.put_nowait(code)

    async def write(self) -> None:
        """Send what is queued until the end, or until the bot is gone."""
        with suppress(ConnectionError):
            while not isinstance(item := await self._outgoing.get(), int):
                text = json.dumps(item)
                if self._zlib is None:
                    await self._socket.send_str(text)
                else:
                    data = self._zlib.compress(text.encode()) + self._zlib.flush(zlib.Z_SYNC_FLUSH)
                    await self._socket.send_bytes(data)
            await self._socket.close(code=item)


class Gateway:
    """Holds the bots' sessions, connected or waiting to be resumed."""

    def __init__(self, state: State) -> None:
        self.connect_count = 0
        self.login_count = 0
        self._state = state
        self._connections: set[Connection] = set()
        self._sessions: dict[str, Session] = {}
        self._refusals: deque[int] = deque()

    @property
    def online(self) -> bool:
        """Tell whether some session is connected."""
        return any(connection.session for connection in self._connections)

    def refuse(self, code: int, times: int) -> None:
        """Close the next connections with this code when they identify or resume."""
        self._refusals.extend([code] * times)

    def require_reconnect(self) -> None:
        """Ask all bots to reconnect."""
        for connection in self._connections:
            connection.send({"op": 7, "d": None})

    def cut(self, code: int = 4000) -> None:
        """Close all connections; the sessions can be resumed."""
        for connection in self._connections:
            connection.close(code)

    def turn_away(self) -> None:
        """Close all connections, and the next one as soon as the bot says who it is."""
        self.refuse(4000, 1)
        self.cut()

    def invalidate(self) -> None:
        """Forget all sessions, and say so to the bots that are connected."""
        for connection in self._connections:
            if connection.session:
                self._invalidate(connection, connection.session)
        self._forget_all()
        self._state.events.publish(BotWentOffline())

    async def drop(self, code: int) -> None:
        """Close all connections and wait until they are gone."""
        gone = [connection.gone.wait() for connection in self._connections]
        self.cut(code)
        await asyncio.gather(*gone)

    async def close(self) -> None:
        """Close all connections, wait until they are gone, and forget all sessions."""
        await self.drop(1001)
        self._forget_all()

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one connection until it ends."""
        query = dict(request.query)
        compression = query.pop("compress", None)
        if query != {"v": "10", "encoding": "json"} or compression not in (None, "zlib-stream"):
            raise web.HTTPBadRequest(text="v=10, encoding=json, compress=zlib-stream or none")
        socket = web.WebSocketResponse(max_msg_size=4096)
        await socket.prepare(request)
        self.connect_count += 1
        connection = Connection(socket, compressed=compression is not None)
        self._connections.add(connection)
        writer = asyncio.create_task(connection.write())
        try:
            connection.send({"op": 10, "d": {"heartbeat_interval": _HEARTBEAT_MILLISECONDS}})
            await self._read(connection, socket)
        finally:
            await self._part(connection, writer)
        return socket

    async def _read(self, connection: Connection, socket: web.WebSocketResponse) -> None:
        async for message in socket:
            try:
                self._take(connection, Frame.model_validate_json(message.data))
            except Refused as refused:
                connection.close(refused.code)
            except ValidationError:
                connection.close(4002)

    async def _part(self, connection: Connection, writer: asyncio.Task[None]) -> None:
        self._connections.remove(connection)
        connection.gone.set()
        writer.cancel()
        await asyncio.wait([writer])
        if not writer.cancelled():
            writer.result()
        if connection.session:
            connection.session.receiver = None
            if not self.online:
                self._state.events.publish(BotWentOffline())

    def _take(self, connection: Connection, frame: Frame) -> None:
        match frame.op:
            case 1:
                # As late as over a network: an answer at once confuses discord.py's count of delays.
                asyncio.get_running_loop().call_later(_ACK_SECONDS, connection.send, {"op": 11})
            case 2 if connection.session is None:
                self.login_count += 1
                self._identify(connection, Identify.model_validate(frame.d))
            case 6 if connection.session is None:
                self._resume(connection, Resume.model_validate(frame.d))
            case 2 | 6:
                raise Refused(4005)
            case 3 if connection.session:
                pass  # presence: nobody here looks at it
            case operation:
                self._state.problems.append(f"gateway: unknown operation {operation}")
                raise Refused(4001)

    def _identify(self, connection: Connection, body: Identify) -> None:
        self._check_token(body.token)
        number, count = body.shard
        if not 0 <= number < count:
            raise Refused(4010)
        if body.intents & ~_ALL_INTENTS:
            raise Refused(4013)
        application = self._state.application
        granted = {
            _MEMBERS: application.members,
            _PRESENCES: False,
            MESSAGE_CONTENT: application.message_content,
        }
        if any(body.intents & intent and not allowed for intent, allowed in granted.items()):
            raise Refused(4014)
        session = Session(self._state, body.shard, body.intents)
        self._sessions[session.id] = session
        self._forget_old()
        self._bind(connection, session)
        session.ready()
        self._state.events.publish(BotCameOnline())

    def _resume(self, connection: Connection, body: Resume) -> None:
        self._check_token(body.token)
        session = self._sessions.get(body.session_id or "")
        if session is None:
            connection.send({"op": 9, "d": False})
            return
        self._bind(connection, session)
        if session.resume(body.seq or 0):
            self._state.events.publish(BotCameOnline())
            return
        self._invalidate(connection, session)

    def _invalidate(self, connection: Connection, session: Session) -> None:
        self._sessions.pop(session.id).end()
        session.receiver = connection.session = None
        connection.send({"op": 9, "d": False})

    def _check_token(self, token: str) -> None:
        if self._refusals:
            raise Refused(self._refusals.popleft())
        if token != self._state.application.token:
            raise Refused(4004)

    def _bind(self, connection: Connection, session: Session) -> None:
        for other in self._connections:
            if other.session is session:  # its end has not been noticed yet
                other.session = None
                other.close(4000)
        connection.session = session
        session.receiver = connection

    def _forget_all(self) -> None:
        for session in self._sessions.values():
            session.end()
        self._sessions.clear()

    def _forget_old(self) -> None:
        waiting = [session for session in self._sessions.values() if session.receiver is None]
        for session in waiting[:-_OLD_SESSIONS]:
            self._sessions.pop(session.id).end()
