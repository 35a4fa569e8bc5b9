"""What can go wrong at the image APIs."""

from collections.abc import Mapping

from sandbox.apis.ruxa import RuxaServer
from sandbox.apis.xhuo import XHuoServer
from sandbox.faults import Fault
from sandbox.troubles import Trouble

_XHUO_CALL = XHuoServer.paid_path
_RUXA_CALL = RuxaServer.paid_path

XHUO: Mapping[str, Trouble] = {
    "error-500": Trouble("fails with 500", "POST", _XHUO_CALL, Fault(500)),
    "reset-after": Trouble("cuts the connection after its work", "POST", _XHUO_CALL, Fault(reset="after")),
    "no-picture": Trouble("succeeds without a picture", changes={"partial": 0}),
}

RUXA: Mapping[str, Trouble] = {
    "error-500": Trouble("fails with 500", "POST", _RUXA_CALL, Fault(500)),
    "reset-after": Trouble("cuts the connection after its work", "POST", _RUXA_CALL, Fault(reset="after")),
    "refused-words": Trouble("refuses every boat", changes={"refuse_words": {"boat"}}),
}
