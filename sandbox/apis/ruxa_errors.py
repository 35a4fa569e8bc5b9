"""Ruxa AI's errors as data: what the stand-in refuses with, and what a test can plan."""

from dataclasses import dataclass

from sandbox.faults import Fault


@dataclass(frozen=True, slots=True)
class ApiError:
    """One line of the error table, in one language."""

    code: int
    message: str

    def body(self) -> dict[str, object]:
        """Word the error as JSON."""
        return {"code": self.code, "message": self.message, "data": None}

    def fault(self, in_200: bool = False) -> Fault:
        """Give the error for Faults.plan, also as the body of an answer with HTTP status 200."""
        return Fault(200 if in_200 else self.code, json=self.body())


class Refusal(Exception):
    """The stand-in refuses a request with this error."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.error = ApiError(code, message)


ENGLISH = (
    ApiError(401, "Unauthorized: the API key is invalid"),
    ApiError(402, "Insufficient credits"),
    ApiError(404, "Not found"),
    ApiError(422, "Validation error"),
    ApiError(429, "Rate limit exceeded"),
    ApiError(500, "Internal server error"),
)
"""The table's lines with English texts."""

CHINESE = (
    ApiError(401, "未授权 - API Key 无效"),
    ApiError(402, "积分不足"),
    ApiError(404, "未找到"),
    ApiError(422, "验证错误"),
    ApiError(429, "速率限制"),
    ApiError(500, "服务器错误"),
)
"""The same lines with the texts of the specification."""

ERRORS = ENGLISH + CHINESE
"""Every line of the table in each language."""
