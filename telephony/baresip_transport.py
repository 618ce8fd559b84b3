"""Receive each SIP message that the stack sends or receives, and send our own over its sockets.

The stack's events omit most messages, and its Python library offers the trace only as log lines, which are late and
lossy under load. libre, the library below baresip, has public functions for both, which are called here. Messages and
the stack's events reach the event loop in one order.
"""

import asyncio
import ctypes
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from baresip._events import set_sink
from baresip._native import lib  # type: ignore[import-not-found]  # a compiled module
from baresip.config import Config
from baresip.errors import BaresipError
from baresip.runtime import Runtime

from telephony.baresip_native import SUCCEEDED, CFunction, load_library
from telephony.sip_message import SipMessage, parse
from telephony.task_set import TaskSet

TRANSPORT_UDP = 0  # libre's `enum sip_transp`
LibreAddress = ctypes.Array[ctypes.c_char]  # libre's `struct sa`

_Trace = ctypes.CFUNCTYPE(
    None,
    ctypes.c_bool,
    ctypes.c_int,
    ctypes.c_void_p,
    ctypes.c_void_p,
    ctypes.c_void_p,
    ctypes.c_size_t,
    ctypes.c_void_p,
)


_POINTER, _SIZE = ctypes.c_void_p, ctypes.c_size_t
_FUNCTIONS: tuple[CFunction, ...] = (
    ("ua_close", None, []),
    ("ua_init", ctypes.c_int, [ctypes.c_char_p, ctypes.c_bool, ctypes.c_bool, ctypes.c_bool]),
    ("uag_sip", _POINTER, []),
    ("conf_configure_buf", ctypes.c_int, [ctypes.c_char_p, _SIZE]),
    ("uag_reset_transp", ctypes.c_int, [ctypes.c_bool, ctypes.c_bool]),
    ("sip_set_trace_handler", None, [_POINTER, _Trace, _POINTER]),
    ("sip_send", ctypes.c_int, [_POINTER, _POINTER, ctypes.c_int, _POINTER, _POINTER]),
    ("mbuf_alloc", _POINTER, [_SIZE]),
    ("mbuf_write_mem", ctypes.c_int, [_POINTER, ctypes.c_char_p, _SIZE]),
    ("mbuf_set_posend", None, [_POINTER, _SIZE, _SIZE]),
    ("mem_deref", _POINTER, [_POINTER]),
    ("sa_struct_get_size", _SIZE, []),
    ("sa_cpy", None, [_POINTER, _POINTER]),
    ("sa_set_str", ctypes.c_int, [_POINTER, ctypes.c_char_p, ctypes.c_uint16]),
)


@dataclass(frozen=True)
class Packet:
    """A SIP message on the wire, to `peer` if `is_sent`, else from it. `transport` is of libre's `enum sip_transp`."""

    is_sent: bool
    transport: int
    peer: LibreAddress = field(repr=False)
    raw: bytes = field(repr=False)
    message: SipMessage


class BaresipTransport:
    """The stack's transport. `on_packet` is called on the event loop with each message that can be parsed."""

    def __init__(self, runtime: Runtime, on_packet: Callable[[Packet], None]) -> None:
        self._runtime = runtime
        self._on_packet = on_packet
        self._libre = load_library(_FUNCTIONS)
        self._trace = _Trace(self._on_trace)  # kept referenced while the stack may call it
        self._stack_work: deque[Callable[[], None]] = deque()  # to be run on the stack's thread
        self._task_set = TaskSet()

    async def start(self, user_agent: str) -> None:
        """Begin to trace, and have the stack send `user_agent` as its User-Agent. Raises BaresipError.

        Call this after the stack has started and before it has an account: the stack sets User-Agent only when it is
        initialized, and its Python library initializes it with another name, so it is initialized again.
        """
        self._loop = asyncio.get_running_loop()
        self._next_sink = set_sink(self._on_native_event)  # type: ignore[no-untyped-call]

        def initialize() -> int:
            self._libre.ua_close()
            result: int = self._libre.ua_init(user_agent.encode(), True, True, True)
            self._libre.sip_set_trace_handler(self._libre.uag_sip(), self._trace, None)
            return result

        await self._call(initialize, "the SIP stack cannot be initialized")

    async def listen(self, config: Config) -> None:
        """Open the sockets anew as `config` says, whose `sip_listen` has the port. Raises BaresipError.

        Call this once there is an account for inbound calls: until then, the stack answers them with 404.
        """
        text = config.render().encode()

        def reset() -> int:
            result: int = self._libre.conf_configure_buf(text, len(text)) or self._libre.uag_reset_transp(False, False)
            return result

        await self._call(reset, "the SIP stack cannot listen")

    async def _call(self, function: Callable[[], int], failure: str) -> None:
        """Call a function of libre on the stack's thread. Raises BaresipError if it returns an error."""
        results: list[int] = []
        await self._run_on_stack_thread(lambda: results.append(function()))
        if results != [SUCCEEDED]:
            raise BaresipError(failure)

    def send(self, message: bytes, transport: int, peer: LibreAddress) -> None:
        """Schedule a message to be sent over the stack's socket for that transport."""

        def send() -> None:
            buffer = self._libre.mbuf_alloc(len(message))
            self._libre.mbuf_write_mem(buffer, message, len(message))
            self._libre.mbuf_set_posend(buffer, 0, len(message))
            self._libre.sip_send(self._libre.uag_sip(), None, transport, peer, buffer)
            self._libre.mem_deref(buffer)

        self._task_set.run(self._run_on_stack_thread(send))

    async def _run_on_stack_thread(self, work: Callable[[], None]) -> None:
        """Run `work` on the stack's thread, which alone may call libre. A ping triggers an event on that thread."""
        self._stack_work.append(work)
        with suppress(BaresipError):
            await self._runtime.cmd(lib.BP_CMD_PING)

    def _on_native_event(self, event: int, handle: int, payload: bytes | None) -> None:
        """Run queued work, then pass the event on. Runs on the stack's thread for each of its events."""
        while self._stack_work:
            self._stack_work.popleft()()
        self._next_sink(event, handle, payload)

    def make_peer(self, address: str, port: int) -> LibreAddress:
        """Convert an IP address and a port. Raises ValueError."""
        peer = self._new_peer()
        if self._libre.sa_set_str(peer, address.encode(), port) != SUCCEEDED:
            raise ValueError(address)
        return peer

    def _on_trace(  # noqa: PLR0917 - libre's signature
        self, is_sent: bool, transport: int, source: int, target: int, packet: int, length: int, _argument: int | None
    ) -> None:
        """Pass a message to the event loop. Runs on the stack's thread, so it must neither wait nor raise."""
        peer = self._new_peer()
        self._libre.sa_cpy(peer, target if is_sent else source)
        raw = ctypes.string_at(packet, length)
        message = parse(raw)
        if message is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._on_packet, Packet(is_sent, transport, peer, raw, message))

    def _new_peer(self) -> LibreAddress:
        return ctypes.create_string_buffer(self._libre.sa_struct_get_size())
