"""Who changes what about whom, and what is refused before anything is changed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bot.errors import UserError
from bot.periods import HIGHEST
from storage.errors import AlreadyDone, NothingToChange, Outdated, WrongState


@dataclass(frozen=True, slots=True)
class Moderator:
    """Who changes something, in which server: whether they may is checked before."""

    guild_id: int
    user_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The member whom a change is about, as the request shows them."""

    user_id: int
    is_bot: bool = False
    is_moderator: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetRole:
    """The role that a rule is for; `is_above` says that it stands above the moderator's own highest one."""

    role_id: int
    is_above: bool = False


@contextmanager
def refused(key: str) -> Iterator[None]:
    """The storage's refusals of a change, as sentences."""
    try:
        yield
    except Outdated as error:
        raise UserError("refused.outdated") from error
    except (NothingToChange, AlreadyDone, WrongState) as error:
        raise UserError(key) from error


def check_amount(credits_: int, *, least: int) -> None:
    """Refuse what is no amount of credits."""
    if not least <= credits_ <= HIGHEST:
        raise UserError("refused.amount", least=least, most=f"{HIGHEST:,}")


def refuse_bot(member: Target) -> None:
    """A bot asks for no images."""
    if member.is_bot:
        raise UserError("refused.bots_quota")
