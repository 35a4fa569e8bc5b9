"""What a setting may look like, and how it is read."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode
from yarl import URL

from bot.periods import Allowance
from bot.prices import PriceList


class Mistake(str):
    """Stands in the place of a secret that cannot be read, and says why."""

    __slots__ = ()


def _base_url(value: str) -> str:
    url = URL(value)
    if url.scheme not in {"http", "https"} or not url.host:
        raise ValueError("is not an http or https address")
    return value.rstrip("/")


def _edit_model(value: str) -> str:
    if value.removeprefix("google/") in {"nano-banana", "nano-banana-pro"}:
        raise ValueError("is not a model that edits pictures in place of nano-banana")
    return value


def _sqlite(value: str) -> str:
    if not value.startswith("sqlite:///") or len(value) == len("sqlite:///"):
        raise ValueError("is not like sqlite:///data/bot.sqlite3 (only SQLite files are supported)")
    return value


def _servers(value: object) -> object:
    if not isinstance(value, str):
        return value
    ids = [part.strip() for part in value.split(",") if part.strip()]
    if wrong := [part for part in ids if not part.isdecimal()]:
        raise ValueError(f"'{wrong[0]}' is not the id of a server")
    return frozenset(map(int, ids))


def _hosts(value: object) -> object:
    if not isinstance(value, str):
        return value
    hosts = frozenset(part.strip().casefold() for part in value.split(",") if part.strip())
    if wrong := sorted(host for host in hosts if "/" in host or "@" in host):
        raise ValueError(f"'{wrong[0]}' is not a host or host:port")
    return hosts


def _names(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(dict.fromkeys(part.strip().casefold() for part in value.split(",") if part.strip()))


def _parsed(kind: Any) -> BeforeValidator:
    return BeforeValidator(lambda value: kind.parse(value) if isinstance(value, str) else value)


def _readable(value: object) -> object:
    if isinstance(value, Mistake):
        raise ValueError(str(value))  # noqa: TRY004  (pydantic takes ValueError for a wrong value)
    return value


def _one_word(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value().split()) != 1:
        raise ValueError("has a space or a line break in it")
    return secret


BaseUrl = Annotated[str, AfterValidator(_base_url)]
MessageContent = Literal["auto", "on", "off"]
Count = Annotated[int, Field(ge=1, le=100_000)]
Secret = Annotated[SecretStr, BeforeValidator(_readable), AfterValidator(_one_word)]
AllowanceText = Annotated[Allowance, NoDecode, _parsed(Allowance)]
PricesText = Annotated[PriceList, NoDecode, _parsed(PriceList)]
Hosts = Annotated[frozenset[str], NoDecode, BeforeValidator(_hosts)]
Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_names)]
Servers = Annotated[frozenset[int], NoDecode, BeforeValidator(_servers)]
EditModel = Annotated[str, AfterValidator(_edit_model)]
SqliteUrl = Annotated[str, AfterValidator(_sqlite)]
Money = Annotated[Decimal, Field(gt=0, le=1000)]
