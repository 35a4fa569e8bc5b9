"""The only reader of the environment: every setting, checked once at start."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from pydantic_settings.sources import EnvSettingsSource

from bot.periods import HIGHEST, Allowance
from bot.prices import PriceList
from bot.setting_types import (
    AllowanceText,
    BaseUrl,
    Count,
    EditModel,
    Hosts,
    MessageContent,
    Mistake,
    Money,
    Names,
    PricesText,
    Secret,
    Servers,
    SqliteUrl,
)

ENV_FILE = ".env"


class SettingsError(Exception):
    """The settings are wrong; `lines` says what to mend, one mistake a line."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("; ".join(lines))
        self.lines = lines


class LogSettings(BaseSettings):
    """How to log: known first, so that even the lines about wrong settings come in the right format."""

    model_config = SettingsConfigDict(
        env_file=ENV_FILE, env_file_encoding="utf-8", env_ignore_empty=True, extra="ignore", frozen=True
    )

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["console", "json"] = "console"


class Settings(LogSettings):
    """All settings; each is an environment variable of the same name in capitals (see `.env.example`)."""

    discord_token: Secret
    message_content_intent: MessageContent = "auto"
    operator_channel_id: int | None = None

    image_apis: Names = ()
    xhuo_api_key: Secret | None = None
    xhuo_base_url: BaseUrl = "https://api.xhuoapi.ai/v1"
    xhuo_mode: Literal["sync", "callback", "async"] | None = None
    xhuo_max_in_flight: Count = 10
    ruxa_api_key: Secret | None = None
    ruxa_base_url: BaseUrl = "https://api.ruxa.ai"
    ruxa_edit_model: EditModel | None = None
    ruxa_output_format: Literal["png", "jpeg"] = "png"
    ruxa_max_in_flight: Count = 10
    public_url: BaseUrl | None = None
    poll_seconds: Annotated[float, Field(gt=0, le=60)] = 5.0

    data_dir: Path = Path("data")
    database_url: SqliteUrl | None = None
    spool_limit_mb: Count = 5000
    http_host: str = "127.0.0.1"
    http_port: Annotated[int, Field(ge=0, le=65_535)] = 8080
    allowed_private_hosts: Hosts = frozenset()

    default_allowance: AllowanceText = Allowance.parse("20/day")
    direct_allowance: AllowanceText = Allowance.parse("5/day")
    server_ceiling: AllowanceText = Allowance.parse("500/day")
    bot_budget: Annotated[int, Field(ge=0, le=HIGHEST)] = 2000
    credit_prices: PricesText = PriceList.parse("")
    credit_price_usd: Money | None = None

    allowed_servers: Servers = frozenset()
    operator_guild_id: int | None = None

    member_max_running: Count = 3
    member_max_queued: Count = 20
    queue_max: Count = 1000
    job_timeout: Annotated[int, Field(ge=10, le=3600)] = 600
    shutdown_grace: Annotated[int, Field(ge=0, le=3600)] = 90

    sync_guild_id: int | None = None
    discord_api_url: BaseUrl = "https://discord.com/api/v10"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003  (pydantic-settings passes it)
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is passed, the files that `NAME_FILE` points to, the environment, `.env`, in this order."""
        secret_files = SecretFiles(settings_cls, env_settings, dotenv_settings)
        return init_settings, secret_files, env_settings, dotenv_settings

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.xhuo_mode == "callback" and self.public_url is None:
            raise ValueError("XHUO_MODE=callback: needs PUBLIC_URL, where the image API can reach this bot")
        return self

    def secrets(self) -> list[str]:
        """What must never be seen in a log."""
        values = [getattr(self, name) for name in SECRETS]
        return [value.get_secret_value() for value in values if value is not None]

    @property
    def database_path(self) -> Path:
        """The SQLite file."""
        if self.database_url is None:
            return self.data_dir / "bot.sqlite3"
        return Path(self.database_url.removeprefix("sqlite:///"))


def _is_secret(annotation: object) -> bool:
    return annotation is SecretStr or any(_is_secret(part) for part in get_args(annotation))


SECRETS = [name for name, field in Settings.model_fields.items() if _is_secret(field.annotation)]


class SecretFiles(PydanticBaseSettingsSource):
    """Reads `DISCORD_TOKEN` from the file named by `DISCORD_TOKEN_FILE`, and so for each secret."""

    def __init__(self, settings_cls: type[BaseSettings], *others: PydanticBaseSettingsSource) -> None:
        super().__init__(settings_cls)
        self._variables: dict[str, str | None] = {}
        for source in reversed(others):
            if isinstance(source, (EnvSettingsSource, DotEnvSettingsSource)):
                self._variables.update({k: v for k, v in source.env_vars.items() if v})

    def get_field_value(self, field: FieldInfo | None, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002
        """The content of the secret's file, without the line break at its end, or a `Mistake`."""
        path = self._variables.get(f"{field_name}_file")
        if path is None:
            return None, field_name, False
        if self._variables.get(field_name):
            return Mistake(f"is set, and {field_name.upper()}_FILE too: keep one"), field_name, False
        try:
            return Path(path).read_text("utf-8").strip(), field_name, False
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not a text"
            return Mistake(f"cannot be read from {path} ({reason})"), field_name, False

    def __call__(self) -> dict[str, Any]:
        """All secrets that stand in files."""
        found = {name: self.get_field_value(None, name)[0] for name in SECRETS}
        return {name: value for name, value in found.items() if value}


def load_log_settings() -> LogSettings:
    """How to log; the default where a value is wrong (`load_settings` then says so)."""
    try:
        return LogSettings()
    except UnicodeDecodeError:
        return LogSettings.model_construct()
    except ValidationError as error:
        wrong = {str(mistake["loc"][0]) for mistake in error.errors()}
        return LogSettings(**{name: LogSettings.model_fields[name].default for name in wrong})


def load_settings() -> Settings:
    """Read and check all settings; raises `SettingsError` with one line for each mistake."""
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError([_line(dict(mistake)) for mistake in error.errors()]) from None
    except UnicodeDecodeError as error:
        raise SettingsError([f"{ENV_FILE} is not UTF-8"]) from error


def _line(mistake: dict[str, Any]) -> str:
    """One mistake as a line, without the value where the value is a secret."""
    name = str(mistake["loc"][0]) if mistake["loc"] else ""
    if mistake["type"] == "missing":
        return f"{name.upper()} is missing: set it in the environment or in {ENV_FILE}"
    if mistake["type"].startswith("int_"):
        return f"{name.upper()}={mistake['input']}: is not a whole number"
    message = str(mistake["msg"]).removeprefix("Value error, ")
    if not name:
        return message
    shown = "" if name in SECRETS else f"={mistake['input']}"
    return f"{name.upper()}{shown}: {message[0].lower()}{message[1:]}"
