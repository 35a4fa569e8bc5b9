"""What can go wrong at the gateway; it happens at once, to whoever is connected."""

from collections.abc import Mapping

from sandbox.troubles import Trouble

GATEWAY: Mapping[str, Trouble] = {
    "gateway-drop": Trouble("the gateway drops the connection", call="gateway.cut"),
    "gateway-reconnect": Trouble("the gateway asks to reconnect", call="gateway.require_reconnect"),
    "gateway-refuse": Trouble(
        "the gateway drops the connection, and refuses the next", call="gateway.turn_away"
    ),
    "gateway-forget": Trouble("the gateway forgets the session", call="gateway.invalidate"),
}
