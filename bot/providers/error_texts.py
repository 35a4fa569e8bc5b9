"""The words of an API's error messages that tell what its codes leave open, in English and Chinese."""

import re

# A refusal has many faces; these words tell it apart from a failure.
_REFUSAL = re.compile(
    r"could not generate an? image|moderation|content policy|safety|prohibited"
    r"|(?<!case.)sensitive|violat|nsfw"
    r"|敏感|违规|違規|审核|審核|不合规|不合規|内容政策|安全策略|色情|暴力"
)

# And these tell an empty account apart.
_BALANCE = re.compile(
    r"\bbalance\b|used up|insufficient (credit|fund|quota)|余额|餘額|积分不足|積分不足|欠费|欠費"
)


def speaks_of_refusal(message: str) -> bool:
    """Whether a message says that the content is refused."""
    return bool(_REFUSAL.search(message.lower()))


def speaks_of_balance(message: str) -> bool:
    """Whether a message says that the account is empty."""
    return bool(_BALANCE.search(message.lower()))
