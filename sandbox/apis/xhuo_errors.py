"""XHuoAPI's errors as data: what the stand-in refuses with, and what a test can plan."""

from dataclasses import dataclass
from typing import Literal

from sandbox.faults import Fault

Shape = Literal["specified", "without_success", "bare_string"]
"""The bodies in which errors were seen: as specified, without `success`, with the error as a bare string."""


@dataclass(frozen=True, slots=True)
class ApiError:
    """One line of the error table."""

    status: int
    code: str
    message: str

    def body(self, trace_id: str, shape: Shape = "specified") -> dict[str, object]:
        """Word the error as JSON."""
        if shape == "bare_string":
            return {"success": False, "error": self.message, "trace_id": trace_id}
        body: dict[str, object] = {
            "error": {"code": self.code, "message": self.message},
            "trace_id": trace_id,
        }
        return body if shape == "without_success" else {"success": False, **body}

    def fault(self, shape: Shape = "specified") -> Fault:
        """Give the error for Faults.plan."""
        return Fault(self.status, json=self.body("2cf86e86-22a4-46e1-ac2f-032c0f2a4e89", shape))


class Refusal(Exception):
    """The stand-in refuses a request with this error."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.error = ApiError(status, code, message)


ERRORS = (
    ApiError(400, "token_mismatched", "The request is invalid."),
    ApiError(400, "api_not_implemented", "This API is not implemented."),
    ApiError(400, "bad_request", "The request is malformed."),
    ApiError(400, "no_token", "No token was given."),
    ApiError(400, "disabled", "This API is disabled."),
    ApiError(401, "invalid_token", "The token is invalid."),
    ApiError(401, "token_expired", "The token has expired."),
    ApiError(401, "token_mismatched", "The token does not match this API."),
    ApiError(403, "used_up", "Your balance is used up."),
    ApiError(403, "forbidden", "The content was rejected by moderation."),
    ApiError(403, "disabled", "Your account is disabled."),
    ApiError(404, "no_api", "There is no such API."),
    ApiError(413, "request_too_large", "The request is too large."),
    ApiError(429, "too_many_requests", "Too many requests."),
    ApiError(429, "rate_limited", "Too many tasks at once."),
    ApiError(500, "api_error", "Internal server error."),
    ApiError(504, "timeout", "The task timed out."),
)
"""Every line of the table: specified, or documented for the service behind it."""


def gateway_page(status: int = 502) -> Fault:
    """Give the HTML page with which a gateway in front of the API answers a 5xx, for Faults.plan."""
    page = f"<html><head><title>{status}</title></head><body><h1>{status} Bad Gateway</h1></body></html>"
    return Fault(status, body=page.encode(), headers={"Content-Type": "text/html"})
