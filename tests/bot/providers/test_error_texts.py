"""The words of errors: refusals and empty accounts are told apart from everything else, in both languages."""

import pytest

from bot.providers.error_texts import speaks_of_balance, speaks_of_refusal

REFUSED = [
    "Could not generate an image with the given prompt",
    "Rejected by MODERATION",
    "content policy",
    "Blocked for safety reasons",
    "prohibited content",
    "sensitive words",
    "This violates our terms",
    "NSFW",
    "提示词包含敏感内容",
    "内容违规",
    "審核不通過",
    "内容审核失败",
    "图片不合规",
    "违反内容政策",
    "色情",
]
EMPTY = [
    "Your balance is used up.",
    "Insufficient credits",
    "insufficient funds",
    "Insufficient quota",
    "余额不足",
    "餘額不足",
    "积分不足",
    "積分不足",
    "账户欠费",
]
NEITHER = [
    "",
    "Internal server error",
    "Image fetch failed",
    "The task timed out.",
    "Validation error: image_input is required",
    "Rate limit exceeded",
    "Too many tasks at once.",
    "服务器错误",
    "未找到",
    "验证错误",
    "速率限制",
    "图片下载失败",
    "load balancer is not available",
    "field names are case-sensitive",
    "the prompt is case sensitive",
]


@pytest.mark.parametrize("words", REFUSED)
def test_a_refusal_of_content(words: str) -> None:
    """It is a refusal and no empty account."""
    assert speaks_of_refusal(words)
    assert not speaks_of_balance(words)


@pytest.mark.parametrize("words", EMPTY)
def test_an_empty_account(words: str) -> None:
    """It is an empty account and no refusal."""
    assert speaks_of_balance(words)
    assert not speaks_of_refusal(words)


@pytest.mark.parametrize("words", NEITHER)
def test_everything_else_is_neither(words: str) -> None:
    """A failure stays a failure."""
    assert not speaks_of_refusal(words)
    assert not speaks_of_balance(words)
