"""What can go wrong at Discord."""

from collections.abc import Mapping

from sandbox.faults import Fault
from sandbox.troubles import Trouble

_SEND = "/api/v10/channels/*/messages"

TROUBLES: Mapping[str, Trouble] = {
    "send-500": Trouble("posting a message fails with 500", "POST", _SEND, Fault(500)),
    "send-reset-before": Trouble(
        "posting a message: cut off before it stands there", "POST", _SEND, Fault(reset="before")
    ),
    "send-reset-after": Trouble(
        "posting a message: cut off once it stands there", "POST", _SEND, Fault(reset="after")
    ),
}
