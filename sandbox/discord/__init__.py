"""Discord as far as this bot uses it, over real WebSocket and HTTP."""
