"""Logs: the job on every line, one record a line, and no secret in any of them."""

import asyncio
import json
import logging
import sys

import pytest

from bot.logs import ConsoleFormatter, JsonFormatter, job_context
from bot.services.addresses import Addresses

SECRET = "MTk4.planted-secret"
ODD_SECRET = 'quoted"planted\\secret'  # JSON writes it otherwise
TOKEN = "aW50ZXJhY3Rpb246MTIzNDU2Nzg5MDEyMzQ1Njc4OTphYmM"
FORMATTERS = [ConsoleFormatter, JsonFormatter]
Formatter = type[ConsoleFormatter] | type[JsonFormatter]


def line(formatter: Formatter, message: str, *args: object, error: Exception | None = None) -> str:
    """Format one record as it would be written."""
    trace = None
    if error is not None:
        try:
            raise error
        except type(error):
            trace = sys.exc_info()
    record = logging.LogRecord("bot.test", logging.INFO, __file__, 1, message, args, trace)
    return formatter([SECRET, ODD_SECRET]).format(record)


@pytest.mark.parametrize("formatter", FORMATTERS)
async def test_the_job_stands_on_the_lines_of_its_tasks_alone(formatter: Formatter) -> None:
    """Two jobs at once keep their ids apart, tasks they start included; outside there is none."""
    told = asyncio.Event()

    async def inner() -> str:
        await told.wait()
        return line(formatter, "inside")

    async def job(name: str) -> tuple[str, str]:
        with job_context(name):
            task = asyncio.create_task(inner())
            await told.wait()
            return line(formatter, "own"), await task

    jobs = [asyncio.create_task(job(name)) for name in ("first", "second")]
    await asyncio.sleep(0)
    outside = line(formatter, "outside")
    told.set()
    for name, lines in zip(("first", "second"), await asyncio.gather(*jobs), strict=True):
        assert all(name in each for each in lines)
    assert "first" not in outside
    assert "second" not in outside


def test_a_console_line_says_when_what_and_where() -> None:
    """Time, level, job, logger and message, in this order."""
    with job_context("3f2a"):
        words = line(ConsoleFormatter, "took %d s", 8).split(maxsplit=5)
    assert words[2:] == ["INFO", "3f2a", "bot.test:", "took 8 s"]
    assert line(ConsoleFormatter, "afterwards").split(maxsplit=5)[3] == "-"


def test_json_is_one_object_a_line() -> None:
    """Line breaks of message and traceback are inside the object."""
    with job_context("3f2a"):
        written = line(JsonFormatter, "two\nlines\u2028\x1b[2J", error=ValueError("a\nb"))
    assert "\n" not in written
    fields = json.loads(written)
    assert (fields["level"], fields["job"], fields["logger"]) == ("INFO", "3f2a", "bot.test")
    assert fields["message"] == "two\nlines\u2028\x1b[2J"
    assert fields["traceback"].startswith("Traceback")
    assert fields["traceback"].endswith("ValueError: a\nb")


@pytest.mark.parametrize("formatter", FORMATTERS)
@pytest.mark.parametrize("hostile", ["\x1b[2J", "\r", "\x08", "\x9b31m", "\u202e", "\u2028", "\x00"])
def test_a_terminal_gets_no_control_characters(formatter: Formatter, hostile: str) -> None:
    """What members and servers write can't move the cursor, in a message or in a traceback."""
    written = line(formatter, "said %s", hostile, error=ValueError(hostile))
    assert hostile[0] not in written


def test_a_record_cannot_pretend_to_be_two() -> None:
    """A line break in a message is written out, and lines of a traceback do not look like records."""
    forged = "\n2026-01-01 00:00:00 ERROR   - bot: the key is gone"
    assert "\n" not in line(ConsoleFormatter, "prompt: %s", forged)
    lines = line(ConsoleFormatter, "failed", error=ValueError(forged)).splitlines()
    assert not any(each.startswith("2026-01-01") for each in lines)


@pytest.mark.parametrize("formatter", FORMATTERS)
@pytest.mark.parametrize(
    "message",
    [
        f"POST /webhooks/123456789/{TOKEN}/messages/@original",
        f"https://discord.com/api/v10/webhooks/123456789/{TOKEN}?wait=true",
        f"https://discord.com/api/v10/interactions/123456789/{TOKEN}/callback",
        json.dumps({"id": "1", "token": TOKEN, "type": 2}),
        json.dumps({"token": TOKEN}, separators=(",", ":")),
        str({"t": "INTERACTION_CREATE", "d": {"token": TOKEN, "type": 2}}),
        repr(json.dumps({"token": TOKEN})),
        f"Authorization: Bot {SECRET}",
        repr({"authorization": SECRET}),
        json.dumps({"key": SECRET}),
        f"key {ODD_SECRET}",
    ],
)
def test_secrets_and_interaction_tokens_are_hidden(formatter: Formatter, message: str) -> None:
    """Neither stands in the message, in its values, or in a traceback, however it is quoted."""
    for written in (
        line(formatter, message.replace("%", "%%")),
        line(formatter, "got %s", message),
        line(formatter, "failed", error=RuntimeError(message)),
    ):
        assert TOKEN not in written
        assert "planted" not in written
        assert "[hidden]" in written
        if formatter is JsonFormatter:
            assert "planted" not in str(json.loads(written))


@pytest.mark.parametrize("formatter", FORMATTERS)
@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://bot.example/callbacks/ruxa/{}", "https://bot.example/callbacks/ruxa/[hidden]"),
        ("POST /nano/callbacks/xhuo/{}?a=b HTTP/1.1", "POST /nano/callbacks/xhuo/[hidden]?a=b HTTP/1.1"),
        (
            "http://bot.example:8080/inputs/{}/source-1.png",
            "http://bot.example:8080/inputs/[hidden]/source-1.png",
        ),
    ],
)
def test_the_addresses_that_apis_get_keep_their_secret(formatter: Formatter, url: str, shown: str) -> None:
    """What stands in the log can neither call us back nor fetch a picture, however it is quoted."""
    secret = Addresses("https://bot.example").callback_secret
    for words in (url.format(secret), repr(url.format(secret)), json.dumps({"url": url.format(secret)})):
        written = line(formatter, "sent %s", words, error=RuntimeError(words))
        assert secret not in written
        assert written.count(shown) == 2


@pytest.mark.parametrize("formatter", FORMATTERS)
def test_what_is_no_secret_stays(formatter: Formatter) -> None:
    """Hiding does not eat the rest of the line."""
    written = line(formatter, "PATCH /webhooks/12/%s/messages/34 has returned 200", TOKEN)
    assert "/webhooks/12/[hidden]/messages/34 has returned 200" in written


def test_an_empty_secret_hides_nothing() -> None:
    """A secret that is not set does not match everywhere."""
    record = logging.LogRecord("bot", logging.INFO, __file__, 1, "words", (), None)
    assert ConsoleFormatter(["", "other"]).format(record).endswith("bot: words")
