"""One log format: the job's id on every line of its work, secrets out of all of them."""

import json
import logging
import re
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

from stamina.instrumentation import RetryDetails, set_on_retry_hooks

_job: ContextVar[str] = ContextVar("job", default="-")

# Interaction tokens stand in Discord's URLs and payloads, and discord.py prints both at DEBUG; the secrets
# that image APIs get stand in our own URLs.
_TOKENS = re.compile(
    r"""(/(?:(?:webhooks|interactions)/\d+|callbacks/\w+|inputs)/)[^/\s"'?]+|(["']token["']: ?["'])[^"']+""",
)
_HIDDEN = "[hidden]"
SHORTEST = 6  # characters; what is shorter is no secret, and hiding it would garble every line


@contextmanager
def job_context(job_id: str) -> Iterator[None]:
    """Put the job's id on every line logged inside the block, and in the tasks started there."""
    reset = _job.set(job_id)
    try:
        yield
    finally:
        _job.reset(reset)


class _Formatter(logging.Formatter, ABC):
    """Makes one line of a record, with the secrets hidden in its message and in its traceback."""

    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__()
        self._secrets = sorted((each for each in secrets if len(each) >= SHORTEST), key=len, reverse=True)

    def format(self, record: logging.LogRecord) -> str:
        """The record as it goes out."""
        trace = self.formatException(record.exc_info) if record.exc_info else ""
        return self.line(record, self._clean(record.getMessage()), self._clean(trace))

    @abstractmethod
    def line(self, record: logging.LogRecord, message: str, trace: str) -> str:
        """The record with these words as one line; a traceback may follow on indented lines."""

    def _clean(self, words: str) -> str:
        for secret in self._secrets:
            words = words.replace(secret, _HIDDEN)
        return _TOKENS.sub(lambda match: f"{match[1] or match[2]}{_HIDDEN}", words)


class ConsoleFormatter(_Formatter):
    """For people: time, level, job, logger, message; a traceback below."""

    def line(self, record: logging.LogRecord, message: str, trace: str) -> str:
        """Control characters are written out, so that a record cannot pretend to be two."""
        head = f"{_at(record):%Y-%m-%d %H:%M:%SZ} {record.levelname:<7} {_job.get()} {record.name}:"
        below = [f"    {_visible(each)}" for each in trace.splitlines()]
        return "\n".join([f"{head} {_visible(message)}", *below])


class JsonFormatter(_Formatter):
    """For programs: one JSON object a line, in ASCII, so that no terminal obeys what is in it."""

    def line(self, record: logging.LogRecord, message: str, trace: str) -> str:
        """The traceback is a field like the others."""
        fields = {
            "time": _at(record).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "job": _job.get(),
            "logger": record.name,
            "message": message,
            **({"traceback": trace} if trace else {}),
        }
        return json.dumps(fields)


def _at(record: logging.LogRecord) -> datetime:
    return datetime.fromtimestamp(record.created, UTC)


def _visible(words: str) -> str:
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in words)


def _log_retry(details: RetryDetails) -> None:
    """Say what is tried again and why; the library's own line would leave both out."""
    logging.getLogger(__name__).info("again in %.1f s after %r", details.wait_for, details.caused_by)


def set_up_logs(level: str, log_format: str, secrets: Iterable[str] = ()) -> None:
    """Send all logs to standard error in one format; may be called again when more is known."""
    formatter = JsonFormatter(secrets) if log_format == "json" else ConsoleFormatter(secrets)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    set_on_retry_hooks([_log_retry])
    logging.getLogger("alembic").setLevel(max(logging.WARNING, logging.getLogger().level))
    # It would print the values of every statement: prompts and interaction tokens.
    logging.getLogger("aiosqlite").setLevel(max(logging.INFO, logging.getLogger().level))
