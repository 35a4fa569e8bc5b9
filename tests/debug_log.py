"""The product's own log at its most talkative, as text, beside what pytest captures."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass, field
from io import StringIO

from stamina.instrumentation import set_on_retry_hooks

from bot.logs import JsonFormatter, set_up_logs


@dataclass(frozen=True)
class DebugLog:
    """What has been written so far, in both formats."""

    console: StringIO = field(default_factory=StringIO)
    json: StringIO = field(default_factory=StringIO)


@contextmanager
def debug_log(secrets: Iterable[str], *, alone: bool = False) -> Iterator[DebugLog]:
    """Log as `LOG_LEVEL=DEBUG` does, and as before at the end; the bot runs in this process.

    Alone where pytest itself could not stand what is logged.
    """
    secrets, log = list(secrets), DebugLog()
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = [handler.level for handler in handlers]
    root.handlers.clear()  # set_up_logs would close them
    for handler in handlers:
        handler.setLevel(max(level, handler.level))  # they get no more than they did
    try:
        with redirect_stderr(log.console):
            set_up_logs("DEBUG", "console", secrets)
        as_json = logging.StreamHandler(log.json)
        as_json.setFormatter(JsonFormatter(secrets))
        root.handlers += [as_json, *([] if alone else handlers)]
        yield log
    finally:
        root.handlers[:] = handlers
        for handler, before in zip(handlers, levels, strict=True):
            handler.setLevel(before)
        root.setLevel(level)
        logging.captureWarnings(capture=False)
        set_on_retry_hooks(None)
