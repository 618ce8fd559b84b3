"""Complete INVITE transactions that the SIP stack leaves open: late CANCEL, ACK and BYE.

RFC 3261, 9.1, 13.2.2.4 and 17.1.1; RFC 6026. The stack forgets an INVITE that is hung up before a provisional
response: it sends no CANCEL when one comes, and neither ACK nor BYE for a late 2xx, so the phone keeps ringing. It
answers a retransmitted 2xx with an empty datagram instead of the ACK, ignores a second 2xx (of a forked call), and
sends the ACK of the first along the route of an earlier response. The tracker sends the right requests instead.
"""

import asyncio
import ipaddress
import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from telephony import in_dialog_requests
from telephony.baresip_transport import TRANSPORT_UDP, LibreAddress, Packet
from telephony.ip_addresses import is_public
from telephony.retransmission import retransmit
from telephony.sip_message import SipMessage
from telephony.task_set import TaskSet

TIMER_B_SECONDS = 32.0  # 64 * T1: an INVITE without a response has failed (RFC 3261, 17.1.1.2)
STACK_GRACE_SECONDS = 0.5  # the time in which the stack sends its own requests
RETRANSMIT_INTERVALS_SECONDS = (0.5, 1, 2, 4)  # over UDP: the beginning of timer E (RFC 3261, 17.1.2.2)
SIP_PORT = 5060
MAX_INVITES = 10_000
MIN_SUCCESS_STATUS, MIN_FAILURE_STATUS = 200, 300  # the first statuses of these classes
_HOST_PORT = re.compile(r"sips?:(?:[^@>]*@)?(\[[0-9a-fA-F:.]+\]|[0-9.]+)(?::(\d+))?(?=[;>?]|$)")

Send = Callable[[bytes, int, LibreAddress], None]
MakePeer = Callable[[str, int], LibreAddress]


@dataclass(eq=False)
class Invite:
    """The newest INVITE of a call, and the state of its transaction."""

    packet: Packet
    has_response: bool = False  # the carrier has sent any response, to it or the one before
    final_status: int | None = None
    final_response: SipMessage | None = field(default=None, repr=False)
    answer_sdp: str = field(default="", repr=False)  # the SDP answer (RFC 3264) to its offer
    closed: bool = False  # the stack has closed the call
    cancelled: bool = False
    acks_by_tag: dict[str, Packet] = field(default_factory=dict)  # the ACKs of 2xx responses by To tag
    unwanted_tags: set[str] = field(default_factory=set)  # To tags whose 2xx is ended by ACK and BYE
    has_failure_ack: bool = False
    accepted: Packet | None = field(default=None, repr=False)  # the 2xx that the stack accepted
    is_misrouted: bool = False  # the stack sent the ACK to another dialog than that of the 2xx
    responded: dict[str, asyncio.Event] = field(
        default_factory=dict
    )  # set by the response to a request that was sent here, by CSeq

    @property
    def message(self) -> SipMessage:
        """The INVITE."""
        return self.packet.message


class InviteTracker:
    """The INVITEs of this process. `send` and `make_peer` are methods of BaresipTransport."""

    def __init__(self, send: Send, make_peer: MakePeer) -> None:
        self._send = send
        self._make_peer = make_peer
        self._by_call_id: OrderedDict[str, Invite] = OrderedDict()
        self._task_set = TaskSet()
        self._unsettled: set[Invite] = set()  # INVITEs whose callee may still be ringing
        self._settled = asyncio.Event()
        self._settled.set()

    async def wait_settled(self) -> None:
        """Wait until no phone can still be ringing for a call that the stack has closed."""
        await self._settled.wait()

    def on_packet(self, packet: Packet) -> None:
        """Process a SIP message that was sent or received."""
        message = packet.message
        invite = self._by_call_id.get(message.call_id)
        if packet.is_sent and message.start_line[0] == "INVITE" and not message.is_in_dialog:
            self._on_invite_sent(packet, invite)
        elif invite is not None and packet.is_sent and message.sequence == invite.message.sequence:
            _on_follow_up(invite, packet)
            if message.start_line[0] == "ACK":
                self._check_ack_route(invite, message)
        elif invite is not None and not packet.is_sent and message.is_response:
            self._on_response(invite, packet)

    def find(self, call_id: str | None) -> Invite | None:
        """Return the newest INVITE of a call, if it was sent from here."""
        return self._by_call_id.get(call_id or "")

    def on_call_closed(self, call_id: str) -> None:
        """Take over the transaction of a call that the stack has closed."""
        invite = self._by_call_id.get(call_id)
        if invite is not None:
            invite.closed = True
            if invite.final_status is None:
                self._watch(invite)
            elif invite.is_misrouted and invite.accepted is not None:
                self._task_set.run(self._send_bye(invite, invite.accepted))

    def _on_invite_sent(self, packet: Packet, previous: Invite | None) -> None:
        """Record an INVITE. A retransmission has the same CSeq; one with credentials is a new transaction."""
        if previous is not None and previous.message.sequence == packet.message.sequence:
            return
        self._by_call_id[packet.message.call_id] = Invite(
            packet, has_response=previous is not None and previous.has_response
        )
        if len(self._by_call_id) > MAX_INVITES:
            self._by_call_id.popitem(last=False)
        if previous is not None:
            self._unwatch(previous)
            if previous.closed:
                self.on_call_closed(packet.message.call_id)

    def _watch(self, invite: Invite) -> None:
        """Treat the INVITE as unsettled until it is completed, or timer B fires."""
        self._unsettled.add(invite)
        self._settled.clear()
        asyncio.get_running_loop().call_later(TIMER_B_SECONDS, self._unwatch, invite)

    def _unwatch(self, invite: Invite) -> None:
        self._unsettled.discard(invite)
        if not self._unsettled:
            self._settled.set()

    def _on_response(self, invite: Invite, packet: Packet) -> None:
        message = packet.message
        if responded := invite.responded.get(message.headers["cseq"]):
            responded.set()
        if message.method != "INVITE" or message.sequence != invite.message.sequence:
            return
        invite.has_response = True
        if message.body and ("rseq" in message.headers or MIN_SUCCESS_STATUS <= message.status < MIN_FAILURE_STATUS):
            invite.answer_sdp = invite.answer_sdp or message.body
        if message.status < MIN_SUCCESS_STATUS:
            self._send_cancel(invite)
            return
        is_first = invite.final_status is None
        if is_first:
            invite.final_status, invite.final_response = message.status, message
        if message.status < MIN_FAILURE_STATUS:
            self._on_success(invite, packet, is_first=is_first)
        elif invite.closed or not is_first:
            self._task_set.run(self._ack_failure(invite, message))

    def _send_cancel(self, invite: Invite) -> None:
        """Send the CANCEL that had to wait for a provisional response (RFC 3261, 9.1)."""
        if invite.closed and not invite.cancelled:
            invite.cancelled = True
            request = in_dialog_requests.build_cancel(invite.message)
            self._task_set.run(
                self._send_until_responded(invite, request, f"{invite.message.sequence} CANCEL", invite.packet.peer)
            )

    def _on_success(self, invite: Invite, packet: Packet, *, is_first: bool) -> None:
        """Process a 2xx: repeat a lost ACK, end an unwanted dialog, or leave the first one to the stack."""
        tag = packet.message.to_tag
        if (ack := invite.acks_by_tag.get(tag)) is not None:
            self._send(ack.raw, ack.transport, ack.peer)
        elif tag not in invite.unwanted_tags and (invite.closed or not is_first):
            invite.unwanted_tags.add(tag)
            self._task_set.run(self._end_unwanted_dialog(invite, packet))
        elif is_first:
            invite.accepted = packet

    def _check_ack_route(self, invite: Invite, sent_ack: SipMessage) -> None:
        """Send the ACK again if the stack sent it along the route of a provisional response of another dialog."""
        if invite.accepted is None or invite.is_misrouted:
            return
        ack = in_dialog_requests.build_ack(invite.message, invite.accepted.message)
        if not in_dialog_requests.is_same_route(sent_ack, ack):
            invite.is_misrouted = True
            self._send(ack, invite.accepted.transport, self._next_hop(invite.accepted))

    async def _end_unwanted_dialog(self, invite: Invite, packet: Packet) -> None:
        """End the dialog of a 2xx to a call that was hung up, or answered elsewhere (RFC 3261, 13.2.2.4)."""
        if invite.closed:
            await asyncio.sleep(STACK_GRACE_SECONDS)
        if packet.message.to_tag not in invite.acks_by_tag:
            ack = in_dialog_requests.build_ack(invite.message, packet.message)
            self._send(ack, packet.transport, self._next_hop(packet))
            await self._send_bye(invite, packet)
        self._unwatch(invite)

    async def _send_bye(self, invite: Invite, packet: Packet) -> None:
        request = in_dialog_requests.build_bye(invite.message, packet.message)
        await self._send_until_responded(invite, request, f"{invite.message.sequence + 1} BYE", self._next_hop(packet))

    async def _ack_failure(self, invite: Invite, response: SipMessage) -> None:
        """Acknowledge a final response other than 2xx, unless the stack has (RFC 3261, 17.1.1.3)."""
        await asyncio.sleep(STACK_GRACE_SECONDS)
        if not invite.has_failure_ack:
            request = in_dialog_requests.build_failure_ack(invite.message, response)
            self._send(request, invite.packet.transport, invite.packet.peer)
        self._unwatch(invite)

    async def _send_until_responded(self, invite: Invite, request: bytes, sequence: str, peer: LibreAddress) -> None:
        """Send a request until it has a response; over TCP and TLS once."""
        responded = invite.responded.setdefault(sequence, asyncio.Event())
        transport = invite.packet.transport
        if transport == TRANSPORT_UDP:
            await retransmit(lambda: self._send(request, transport, peer), responded, RETRANSMIT_INTERVALS_SECONDS)
        else:
            self._send(request, transport, peer)

    def _next_hop(self, packet: Packet) -> LibreAddress:
        """Return where a request in the dialog goes: the public address in the 2xx, else the source of the 2xx."""
        match = _HOST_PORT.match(in_dialog_requests.next_hop_uri(packet.message))
        if packet.transport != TRANSPORT_UDP or match is None:
            return packet.peer
        try:
            address = ipaddress.ip_address(match[1].strip("[]"))
            if is_public(address):
                return self._make_peer(str(address), int(match[2] or SIP_PORT))
        except ValueError:
            pass
        return packet.peer


def _on_follow_up(invite: Invite, packet: Packet) -> None:
    """Record a CANCEL or ACK that was sent, by the stack or from here."""
    match packet.message.start_line[0]:
        case "CANCEL":
            invite.cancelled = True
        case "ACK" if (invite.final_status or 0) >= MIN_FAILURE_STATUS:
            invite.has_failure_ack = True
        case "ACK":
            invite.acks_by_tag[packet.message.to_tag] = packet
