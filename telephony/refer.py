"""Send REFER requests on legs, and publish their outcomes (RFC 3515)."""

import asyncio

from baresip.call import Call as SipCall
from baresip.errors import BaresipError

from telephony.engine import REQUEST_TIMEOUT, Ending, Progress, TransferEvent
from telephony.invite_tracker import MIN_FAILURE_STATUS, MIN_SUCCESS_STATUS
from telephony.leg import EndLeg, Leg, OnEvent
from telephony.sip_message import SipMessage, parse_sipfrag
from telephony.task_set import TaskSet

REFER_TIMEOUT_SECONDS = 60.0  # for inbound calls; for others their `ring_seconds`


class ReferSender:
    """The pending REFERs; a leg has one at a time, its `refer_transfer_id`.

    `on_event` is called with their outcomes, `end_leg` with a leg whose transfer has succeeded.
    """

    def __init__(self, on_event: OnEvent, end_leg: EndLeg) -> None:
        self._on_event = on_event
        self._end_leg = end_leg
        self._task_set = TaskSet()

    def start(self, leg: Leg, sip_call: SipCall, transfer_id: str, uri: str) -> None:
        """Begin to send a REFER to `uri`."""
        leg.refer_transfer_id = transfer_id
        self._task_set.run(self._send(leg, sip_call, uri))

    def end(self, leg: Leg, progress: Progress, status: int | None = None) -> None:
        """Publish the outcome of a leg's REFER, if one is pending."""
        if leg.refer_transfer_id is not None:
            self._on_event(TransferEvent(leg.reference, leg.refer_transfer_id, progress, status))
            leg.refer_transfer_id = None

    def on_notify(self, leg: Leg, notify: SipMessage) -> None:
        """Publish the outcome that a NOTIFY reports, if the stack cannot read it (RFC 3515, 2.4.5).

        The stack cannot read a status line without a reason phrase, or a subscription that ends without an outcome.
        """
        status, phrase = parse_sipfrag(notify.body)
        is_over = notify.headers.get("subscription-state", "").lower().startswith("terminated")
        if (
            leg.refer_transfer_id is None
            or (status >= MIN_SUCCESS_STATUS and phrase)
            or not (status >= MIN_SUCCESS_STATUS or is_over)
        ):
            return
        if MIN_SUCCESS_STATUS <= status < MIN_FAILURE_STATUS:
            self.end(leg, Progress.ANSWERED)
            self._end_leg(leg, Ending.TRANSFERRED)
        else:
            self.end(leg, Progress.ENDED, status if status >= MIN_FAILURE_STATUS else REQUEST_TIMEOUT)

    async def _send(self, leg: Leg, sip_call: SipCall, uri: str) -> None:
        """Send a REFER, and publish its failure. On success the stack closes the call first, so `Legs` publishes it."""
        seconds = leg.ring_seconds or REFER_TIMEOUT_SECONDS
        try:
            async with asyncio.timeout(seconds):
                await sip_call.transfer(uri, timeout=seconds * 2)
        except TimeoutError:
            self.end(leg, Progress.ENDED, REQUEST_TIMEOUT)
        except (BaresipError, ValueError) as error:
            self.end(leg, Progress.ENDED, getattr(error, "status", None))
