"""The error tree: what went wrong, as a key and values that `explain` turns into one plain sentence.

BotError
├── UserError               bad input or a rule: refused before anything is spent
├── ResultError             the API's picture is gone, too large or no picture
├── Undeliverable           there is no place left to show the result
├── BlockedByDiscord        Discord refuses the picture as explicit: it is charged
└── ProviderError           an image API gave no picture
    ├── NothingSent         the request never reached the API: may be sent again
    ├── TooManyRequests     429: may be sent again after a wait
    ├── RequestRejected     400, 404, 413, 422: the API does not take our request
    ├── ContentRefused      the API will not make this picture
    ├── KeyRefused          401, or a key that is switched off: the operator must act
    ├── OutOfBalance        402 or `used_up`: the operator must pay
    ├── CallFailed          the API took the call and could not make the picture: not billed
    └── AnswerLost          sent, but without a usable answer: perhaps billed, so never sent again
        └── TooSlow         the API took the call, and nothing came in time
"""

from typing import ClassVar

from bot.texts import text
from storage.errors import DatabaseBusy, DatabaseFull, StorageError


class BotError(Exception):
    """Something a person may have to read; `key` names the text, `values` what it mentions."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key, values)
        self.key = key
        self.values = values

    def __str__(self) -> str:
        return self.key


class UserError(BotError):
    """Bad input, or a rule that forbids the request; nothing was spent."""


class ResultError(BotError):
    """The API made a picture that cannot be had: gone, too large, or no picture."""


class Undeliverable(BotError):
    """A result is ready and there is no place left to show it."""


class BlockedByDiscord(BotError):
    """Discord refuses the picture as explicit; it was made, so it is charged."""


class ProviderError(BotError):
    """An image API gave no picture; `detail` is for the log alone."""

    text_key: ClassVar[str]

    def __init__(self, detail: str, *, task_id: str | None = None, trace_id: str | None = None) -> None:
        super().__init__(self.text_key)
        self.detail = detail
        self.task_id = task_id
        self.trace_id = trace_id

    def __str__(self) -> str:
        return f"{type(self).__name__}: {self.detail} (task {self.task_id}, trace {self.trace_id})"


class NothingSent(ProviderError):
    """The connection was never made, so nothing can have been billed."""

    text_key = "failed.unreachable"


class TooManyRequests(ProviderError):
    """The API asks for a pause; `retry_after` is in seconds where it names them."""

    text_key = "failed.too_many_requests"

    def __init__(self, detail: str, *, retry_after: float | None = None, trace_id: str | None = None) -> None:
        super().__init__(detail, trace_id=trace_id)
        self.retry_after = retry_after


class RequestRejected(ProviderError):
    """The API does not take the request as it is; sending it again would not help."""

    text_key = "failed.rejected"


class ContentRefused(ProviderError):
    """The API refuses the content; never retried, never tried elsewhere."""

    text_key = "failed.content"


class KeyRefused(ProviderError):
    """The API does not take our key."""

    text_key = "failed.key"


class OutOfBalance(ProviderError):
    """The operator's account at the API is empty."""

    text_key = "failed.balance"


class CallFailed(ProviderError):
    """The API took the call and then could not make the pictures, which it does not bill."""

    text_key = "failed.not_made"


class AnswerLost(ProviderError):
    """The request was sent and no usable answer came: it may have been billed."""

    text_key = "failed.lost"


class TooSlow(AnswerLost):
    """The API took the call and brought nothing until the deadline: it may still do so."""

    text_key = "failed.too_slow"


def explain(error: Exception, *, reference: str | None = None) -> str:
    """The one sentence a person reads; `reference` leads the operator from it to the log."""
    if isinstance(error, BotError):
        return text(error.key, **error.values)
    if isinstance(error, DatabaseFull):
        return text("refused.disk_full")
    if isinstance(error, DatabaseBusy):
        return text("refused.database_busy")
    if isinstance(error, StorageError):
        return text("refused.database", reference=reference)
    return text("refused.internal", reference=reference)
