"""HTTP: one write a response. Need: head and body sent apart cost a system call, and wake the client twice, per request."""
import h11
from hypercorn.events import RawData
from hypercorn.protocol.h11 import H11Protocol

from .guard import expect_in_source


async def send_h11_event(self, event):
    try:
        data = self.connection.send(event)
    except h11.LocalProtocolError:
        if self.connection.their_state != h11.ERROR:
            raise
        return
    data = getattr(self, "segue_head", b"") + (data or b"")
    self.segue_head = data if isinstance(event, h11.Response) else b""
    if data and not self.segue_head:
        await self.send(RawData(data=data))


def install():
    expect_in_source(H11Protocol._send_h11_event, "data = self.connection.send(event)", "await self.send(RawData(data=data))")
    H11Protocol._send_h11_event = send_h11_event
