"""Settings: the right defaults, one clear line for each mistake, and never a secret in it."""

import os
import re
from decimal import Decimal
from pathlib import Path

import pytest

from bot.periods import Allowance, Period
from bot.settings import SECRETS, Settings, SettingsError, load_settings

ROOT = Path(__file__).parents[2]
SECRET = "plantedSecret.of-the-operator"
GOOD = {"DISCORD_TOKEN": "token"}
NAMES = {name.upper() for name in Settings.model_fields}
FILES = {f"{name.upper()}_FILE" for name in SECRETS}

DEFAULTS: dict[str, object] = {
    "operator_channel_id": None,
    "image_apis": (),
    "xhuo_api_key": None,
    "xhuo_base_url": "https://api.xhuoapi.ai/v1",
    "xhuo_mode": None,
    "xhuo_max_in_flight": 10,
    "ruxa_api_key": None,
    "ruxa_base_url": "https://api.ruxa.ai",
    "ruxa_edit_model": None,
    "ruxa_output_format": "png",
    "ruxa_max_in_flight": 10,
    "public_url": None,
    "poll_seconds": 5.0,
    "data_dir": Path("data"),
    "database_path": Path("data/bot.sqlite3"),
    "http_host": "127.0.0.1",
    "http_port": 8080,
    "allowed_private_hosts": frozenset(),
    "default_allowance": Allowance(20, Period.DAY),
    "direct_allowance": Allowance(5, Period.DAY),
    "server_ceiling": Allowance(500, Period.DAY),
    "bot_budget": 2000,
    "credit_price_usd": None,
    "allowed_servers": frozenset(),
    "operator_guild_id": None,
    "member_max_running": 3,
    "member_max_queued": 20,
    "queue_max": 1000,
    "spool_limit_mb": 5000,
    "message_content_intent": "auto",
    "job_timeout": 600,
    "shutdown_grace": 90,
    "sync_guild_id": None,
    "discord_api_url": "https://discord.com/api/v10",
    "log_level": "INFO",
    "log_format": "console",
}
WRONG = {
    "OPERATOR_CHANNEL_ID": ["general", "1.5"],
    "XHUO_BASE_URL": ["api.example", "ftp://api.example", "https://"],
    "XHUO_MODE": ["wait", "callback,async"],
    "MESSAGE_CONTENT_INTENT": ["yes", "auto,on"],
    "XHUO_MAX_IN_FLIGHT": ["0", "-1", "ten", "1.5"],
    "RUXA_BASE_URL": ["api.ruxa.ai", "ws://api.example"],
    "RUXA_OUTPUT_FORMAT": ["jpg", "webp"],
    "RUXA_MAX_IN_FLIGHT": ["0", "-1", "ten"],
    "PUBLIC_URL": ["bot.example", "ftp://bot.example", "http://"],
    "POLL_SECONDS": ["0", "-1", "61", "nan", "often"],
    "DATABASE_URL": ["postgresql://db/bot", "sqlite:///", "bot.sqlite3"],
    "HTTP_PORT": ["65536", "-1", "http"],
    "ALLOWED_PRIVATE_HOSTS": ["http://cdn.local", "cdn.local/path", "me@cdn.local"],
    "DEFAULT_ALLOWANCE": ["20", "20/hour", "-1/day", "many/day", "20/"],
    "DIRECT_ALLOWANCE": ["5/year", "/day", "1e3/day"],
    "SERVER_CEILING": ["500", "-1/day", "500/hour"],
    "CREDIT_PRICE_USD": ["0", "-1", "cheap", "nan", "4000"],
    "ALLOWED_SERVERS": ["my server", "1,-2", "1;2"],
    "OPERATOR_GUILD_ID": ["my server"],
    "BOT_BUDGET": ["-1", "much", "99999999999999999999"],
    "CREDIT_PRICES": ["nano-banana", "nano-banana=-1", "other=1", "nano-banana:2K=1", "nano-banana=1.5"],
    "MEMBER_MAX_RUNNING": ["0", "three"],
    "MEMBER_MAX_QUEUED": ["0", "x"],
    "QUEUE_MAX": ["0", "x"],
    "SPOOL_LIMIT_MB": ["0", "1.5", "x"],
    "JOB_TIMEOUT": ["0", "9", "3601", "ten"],
    "SHUTDOWN_GRACE": ["-1", "x"],
    "SYNC_GUILD_ID": ["my server"],
    "DISCORD_API_URL": ["discord.com", "//discord.com"],
    "LOG_LEVEL": ["LOUD"],
    "LOG_FORMAT": ["xml"],
}


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Start from an environment and a working directory without settings."""
    for name in os.environ:
        if name.upper() in NAMES | FILES:
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def load(monkeypatch: pytest.MonkeyPatch, **environment: str) -> Settings:
    """Load the settings from this environment, with the token unless it is given."""
    given = GOOD | environment
    if "DISCORD_TOKEN_FILE" in environment and "DISCORD_TOKEN" not in environment:
        del given["DISCORD_TOKEN"]
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    return load_settings()


def mistakes(monkeypatch: pytest.MonkeyPatch, **environment: str) -> list[str]:
    """Give the lines about an environment that is wrong."""
    with pytest.raises(SettingsError) as error:
        load(monkeypatch, **environment)
    return error.value.lines


@pytest.mark.parametrize("name", DEFAULTS)
def test_defaults(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """What is not set is as the documentation says."""
    assert getattr(load(monkeypatch), name) == DEFAULTS[name]


def test_every_setting_is_tested_here() -> None:
    """A new setting comes with its default and its wrong values."""
    with_default = {name.upper() for name in DEFAULTS} - {"DATABASE_PATH"} | {"DATABASE_URL", "CREDIT_PRICES"}
    assert with_default | {name.upper() for name in SECRETS} == NAMES
    free = {"DATA_DIR", "HTTP_HOST", "RUXA_EDIT_MODEL", "IMAGE_APIS"}  # any text is right, or judged later
    assert set(WRONG) | free | {name.upper() for name in SECRETS} == NAMES


@pytest.mark.parametrize(("name", "value"), [(name, value) for name in WRONG for value in WRONG[name]])
def test_a_wrong_value_is_one_line(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """The line names the setting and shows the value, in words for an operator and not for a programmer."""
    [line] = mistakes(monkeypatch, **{name: value})
    assert line.startswith(f"{name}={value}: ")
    assert "\n" not in line
    assert not re.search(r"pydantic|type=|errors\.|Value error", line)


@pytest.mark.parametrize("name", [name.upper() for name in SECRETS])
@pytest.mark.parametrize("value", [f"{SECRET} two", f"{SECRET}\nx"])
def test_a_wrong_secret_is_named_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """A space in a secret is a mistake of copying, and the line keeps the secret."""
    [line] = mistakes(monkeypatch, **{name: value})
    assert line.startswith(name)
    assert SECRET not in line


@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_token_is_one_line(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    """An empty value means unset, so both are told as missing."""
    if value is not None:
        monkeypatch.setenv("DISCORD_TOKEN", value)
    with pytest.raises(SettingsError) as error:
        load_settings()
    assert error.value.lines == ["DISCORD_TOKEN is missing: set it in the environment or in .env"]


def test_every_secret_is_known_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that are set can be kept out of the log; those that are not hide nothing."""
    assert SECRETS == ["discord_token", "xhuo_api_key", "ruxa_api_key"]
    assert load(monkeypatch).secrets() == ["token"]
    loaded = load(monkeypatch, RUXA_API_KEY="sk-ruxa", XHUO_API_KEY="sk-xhuo")
    assert loaded.secrets() == ["token", "sk-xhuo", "sk-ruxa"]
    for secret in ("token'", "sk-"):
        assert secret not in repr(loaded)


def test_callbacks_need_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mode that cannot work is a mistake; without one the address decides."""
    for empty in ({}, {"PUBLIC_URL": ""}):
        [line] = mistakes(monkeypatch, XHUO_MODE="callback", **empty)
        assert line.startswith("XHUO_MODE=callback: needs PUBLIC_URL")
    assert load(monkeypatch, XHUO_MODE="callback", PUBLIC_URL="http://bot.example/").xhuo_mode == "callback"
    monkeypatch.delenv("PUBLIC_URL")
    for mode in ("sync", "async"):
        assert load(monkeypatch, XHUO_MODE=mode).xhuo_mode == mode


@pytest.mark.parametrize(
    ("value", "names"),
    [("xhuo", ["xhuo"]), (" Ruxa , XHUO,,ruxa ", ["ruxa", "xhuo"]), (",", []), ("banana", ["banana"])],
)
def test_the_names_of_the_image_apis(monkeypatch: pytest.MonkeyPatch, value: str, names: list[str]) -> None:
    """Capitals, blanks and repetitions do not matter, the order does; whether they exist is asked later."""
    assert list(load(monkeypatch, IMAGE_APIS=value).image_apis) == names


def test_every_mistake_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """An operator mends all of them in one go, whatever kind they are."""
    lines = mistakes(
        monkeypatch,
        DISCORD_TOKEN=f"{SECRET} two",
        XHUO_API_KEY="key",
        XHUO_API_KEY_FILE="/run/key",
        BOT_BUDGET="-1",
        LOG_LEVEL="LOUD",
    )
    named = sorted(re.split(r"[ =:]|_FILE", line)[0] for line in lines)
    assert named == ["BOT_BUDGET", "DISCORD_TOKEN", "LOG_LEVEL", "XHUO_API_KEY"]


@pytest.mark.parametrize("name", sorted(NAMES - set(GOOD)))
def test_empty_means_unset(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A setting that is there without a value has its default."""
    assert load(monkeypatch, **{name: ""}) == load(monkeypatch)


def test_the_environment_comes_before_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """`.env` in the working directory gives what the environment leaves out, or leaves empty."""
    Path(".env").write_text("BOT_BUDGET=1\nQUEUE_MAX=2\nHTTP_PORT=3\nSHUTDOWN_GRACE=\nSOMETHING_ELSE=4\n")
    loaded = load(monkeypatch, BOT_BUDGET="7", QUEUE_MAX="")
    assert (loaded.bot_budget, loaded.queue_max, loaded.http_port, loaded.shutdown_grace) == (7, 2, 3, 90)


def test_a_file_that_is_no_text_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """A `.env` in another encoding is named."""
    Path(".env").write_bytes("HTTP_HOST=ä".encode("utf-16"))
    assert mistakes(monkeypatch) == [".env is not UTF-8"]


@pytest.mark.parametrize("name", [name.upper() for name in SECRETS])
def test_a_secret_may_stand_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    """NAME_FILE names a file with the secret; the line break at its end does not belong to it."""
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    loaded = load(monkeypatch, **{f"{name}_FILE": str(tmp_path / "secret")})
    assert getattr(loaded, name.lower()).get_secret_value() == SECRET
    assert SECRET not in repr(loaded)


@pytest.mark.parametrize("name", [name.upper() for name in SECRETS])
@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_of_a_secret_that_cannot_be_read_is_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, content: bytes | None
) -> None:
    """A file that is not there, or no text, is named with its setting."""
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)
    [line] = mistakes(monkeypatch, **{f"{name}_FILE": str(path)})
    assert line.startswith(name)
    assert str(path) in line


@pytest.mark.parametrize("name", [name.upper() for name in SECRETS])
def test_a_secret_is_set_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    """The secret and its file together are a mistake, because nobody knows which is meant."""
    [line] = mistakes(monkeypatch, **{name: SECRET, f"{name}_FILE": str(tmp_path / "secret")})
    assert line.startswith(name)
    assert f"{name}_FILE" in line
    assert SECRET not in line


def test_values_as_people_write_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spaces, capitals and a slash at the end are understood."""
    loaded = load(
        monkeypatch,
        XHUO_BASE_URL="https://api.example/v1/",
        PUBLIC_URL="https://bot.example/nano//",
        POLL_SECONDS="0.5",
        ALLOWED_PRIVATE_HOSTS=" CDN.local , 127.0.0.1:9000,",
        DEFAULT_ALLOWANCE=" 100 / month ",
        CREDIT_PRICES="Nano-Banana-2:4k = 9 , nano-banana-pro=5",
        DATABASE_URL="sqlite:////var/lib/bot.sqlite3",
        SYNC_GUILD_ID="123456789012345678",
        ALLOWED_SERVERS=" 123456789012345678,2, ",
        CREDIT_PRICE_USD="0.039",
    )
    assert loaded.allowed_servers == {123456789012345678, 2}
    assert loaded.credit_price_usd == Decimal("0.039")
    assert loaded.xhuo_base_url == "https://api.example/v1"
    assert (loaded.public_url, loaded.poll_seconds) == ("https://bot.example/nano", 0.5)
    assert loaded.allowed_private_hosts == {"cdn.local", "127.0.0.1:9000"}
    assert loaded.default_allowance == Allowance(100, Period.MONTH)
    assert loaded.credit_prices.of_model("nano-banana-pro") == {"1K": 5, "2K": 5, "4K": 5}
    assert loaded.credit_prices.price("nano-banana-2", "4K") == 9
    assert loaded.database_path == Path("/var/lib/bot.sqlite3")
    assert loaded.sync_guild_id == 123456789012345678


def test_the_example_lists_every_setting_with_its_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """`.env.example` has each setting once, and copying it changes nothing but the secrets."""
    lines = (ROOT / ".env.example").read_text("utf-8").splitlines()
    names = [line.partition("=")[0] for line in lines if line and not line.startswith("#")]
    assert sorted(names) == sorted(NAMES | FILES)
    example = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    Path(".env").write_text("\n".join(lines), "utf-8")
    assert load(monkeypatch) == Settings(_env_file=None, discord_token="token")
    shown = {name for name, value in example.items() if value}
    empty = {"CREDIT_PRICES", "IMAGE_APIS", "ALLOWED_PRIVATE_HOSTS", "ALLOWED_SERVERS"}
    unset = {name for name, value in DEFAULTS.items() if value is None}
    assert shown == NAMES - empty - {"DATABASE_URL", "DISCORD_TOKEN"} - {name.upper() for name in unset}
