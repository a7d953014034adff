"""Every setting there is, read once.

    defaults < TOML file < SEEALSO_* environment (secrets also from files: SEEALSO_KEY_FILE)

The fields of `Settings` are the one table: name, default, help and whether it is a secret. The
documentation, the command and the tests read it as `TABLE`. A name that nobody knows is refused
with a suggestion, since a mis-typed setting that is ignored costs an operator an evening.

Options of plugins are named ``SEEALSO_OUTPUT_<NAME>_<OPTION>`` and
``SEEALSO_SOURCE_<NAME>_<OPTION>`` (in TOML ``[output.<name>]`` and ``[source.<name>]``);
`Settings.plugin_options` gives a plugin its own.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from seealso_sdk.plugin import Option

from seealso_core.errors import SettingsError

PREFIX = "SEEALSO_"
CONFIG = "SEEALSO_CONFIG"  # names the TOML file
# Of the test suite, and what a process sets for those that it starts (`metrics.shared`).
_NOT_OURS = ("SEEALSO_TEST_", "SEEALSO_REQUIRE_LIVE", "SEEALSO_METRICS_DIR")
_DATA = Path("seealso-data")
_UNSET = Path()
_PLUGIN_PREFIXES = ("SEEALSO_OUTPUT_", "SEEALSO_SOURCE_")
_QUEUE_NAME = re.compile(r"[A-Za-z0-9_-]{1,60}")


def _row(default: Any, help: str, *, secret: bool = False) -> Any:  # noqa: A002  # the word of the table
    return field(default=default, repr=not secret, metadata={"help": help, "secret": secret})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an operator decided. Made by `load`, which fills in what follows from others."""

    data: Path = _row(  # noqa: RUF009  # `_row` is dataclasses.field with a help text
        _DATA, "Folder for all that the one-machine hub keeps."
    )
    hub_url: str = _row(
        "", "The hub's public address, in every link. Default: http://<host>:<port>."
    )
    hub_name: str = _row("Seealso", "The hub's name, as readers see it.")
    host: str = _row("127.0.0.1", "Address to listen on.")
    port: int = _row(8080, "Port to listen on; 0 takes a free one.")
    web_workers: int = _row(1, "Web processes on one port: as many as there are cores to spare.")
    render_processes: int = _row(
        1, "Render workers of `seealso up`, each with plugin processes of its own."
    )
    proxies: int = _row(
        0, "Proxies in front whose X-Forwarded-For and -Proto are believed; 1 behind nginx."
    )
    database_url: str = _row(
        "", "sqlite:///… or postgresql://…. Default: a SQLite file in the data folder.", secret=True
    )
    broker_url: str = _row(
        "memory://", "memory:// (no server needed) or amqp://… (RabbitMQ).", secret=True
    )
    broker_prefix: str = _row(
        "seealso", "Begins the name of each queue; hubs that share a RabbitMQ have one each."
    )
    smtp_url: str = _row(
        "", "smtp://user:password@host:port, or smtps://. Empty: nothing is mailed.", secret=True
    )
    mail_from: str = _row("", "From address of newsletters: Name <news@example.org>.")
    postal_address: str = _row("", "Postal address at the foot of every newsletter.")
    key: str = _row(
        "",
        "Bearer key of the API. Default: one made at first start, kept in the data folder.",
        secret=True,
    )
    plugins_dir: Path = _row(  # noqa: RUF009  # as above
        _UNSET, "Folder of drop-in plugins. Default: <data>/plugins."
    )
    plugins_disabled: tuple[str, ...] = _row(
        (), "Names of plugins to leave out, divided by commas."
    )
    plugin_deadline_seconds: float = _row(10.0, "A plugin call that takes longer is killed.")
    plugin_memory_mb: int = _row(1024, "Address space of a plugin's process, MiB.")
    plugin_output_mb: int = _row(16, "Largest rendition or document that a plugin may return, MiB.")
    allow_private_fetch: bool = _row(
        False, "Also fetch sources in the private network: 1 where sources live there."
    )
    poll_seconds: float = _row(
        300.0, "A watched source is looked at no more often than this, whatever it asks for."
    )
    watch_folders: tuple[str, ...] = _row(
        (), "Folders that may be watched, with all below them, divided by commas; none without it."
    )
    max_body_mb: int = _row(50, "Largest request body, MiB.")
    metrics_port: int = _row(
        0, "Port on which a worker serves its own /metrics, /livez and /readyz; 0: none."
    )
    disk_floor_mb: int = _row(
        200, "With less room than this on the disk, MiB, the hub says that it is not ready."
    )
    rejected_rows: int = _row(
        10_000, "Pieces of rejected input that are kept; beyond it the oldest go."
    )
    rejected_mb: int = _row(200, "Room that rejected input may take in the database, MiB.")
    rejected_days: int = _row(30, "Rejected input is kept for so many days.")
    rejected_piece_kb: int = _row(
        1024, "Of a larger piece of rejected input only the reason is kept, KiB."
    )
    lease_seconds: int = _row(
        60, "After this long without a word, work is given to another worker."
    )
    batch: int = _row(64, "Ledger rows that a worker claims at once.")
    sweep_seconds: float = _row(1.0, "How often a worker looks for work without being woken.")
    log_format: str = _row("human", "human or json.")
    log_level: str = _row("info", "debug, info, warning or error.")
    options: Mapping[str, str] = field(
        default_factory=lambda: MappingProxyType({}),
        metadata={"help": "Options of plugins: SEEALSO_OUTPUT_<NAME>_<OPTION>.", "secret": False},
    )

    def plugin_options(self, kind: str, name: str, options: Iterable[Option]) -> dict[str, str]:
        """What an operator set for a plugin (`kind` is output or source), else its defaults."""
        return {
            option.name: self.options.get(f"{kind}_{name}_{option.name}".lower(), option.default)
            for option in options
        }


def _default_text(value: Any) -> str:
    if isinstance(value, bool):
        return str(int(value))
    return "" if value in (_UNSET, ()) else str(value)


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table of settings. `default` is text, as the documentation prints it."""

    name: str
    default: str
    help: str
    secret: bool
    kind: str

    @property
    def environment(self) -> str:
        """Its name in the environment."""
        return PREFIX + self.name.upper()


TABLE: tuple[Setting, ...] = tuple(
    Setting(
        name=f.name,
        default=_default_text(f.default),
        help=f.metadata["help"],
        secret=f.metadata["secret"],
        kind=str(f.type),
    )
    for f in fields(Settings)
    if f.name != "options"
)
_BY_NAME = {row.name: row for row in TABLE}


def load(environ: Mapping[str, str], toml_path: Path | None = None) -> Settings:
    """Read the settings.

    Args:
        environ: usually os.environ.
        toml_path: a TOML file; default is the one that SEEALSO_CONFIG names, if any.

    Raises:
        SettingsError: an unknown name, a value of the wrong type, a file that can't be read.
    """
    if toml_path is None and environ.get(CONFIG):
        toml_path = Path(environ[CONFIG])
    raw, options = _from_toml(toml_path) if toml_path else ({}, {})
    env_raw, env_options = _from_environment(environ)
    values = {
        name: _PARSERS[_BY_NAME[name].kind](label, text)
        for name, (label, text) in (raw | env_raw).items()
    }
    return _complete(Settings(**values, options=MappingProxyType(options | env_options)))


_Raw = dict[str, tuple[str, str]]  # setting: (what the operator calls it, text)


def _from_environment(environ: Mapping[str, str]) -> tuple[_Raw, dict[str, str]]:
    raw: _Raw = {}
    options: dict[str, str] = {}
    for variable, text in environ.items():
        if not variable.startswith(PREFIX) or variable == CONFIG or variable.startswith(_NOT_OURS):
            continue
        if variable.startswith(_PLUGIN_PREFIXES):
            options[variable.removeprefix(PREFIX).lower()] = text
            continue
        name = variable.removeprefix(PREFIX).lower()
        twin = name.removesuffix("_file")
        if twin != name and twin in _BY_NAME and _BY_NAME[twin].secret:
            if PREFIX + twin.upper() in environ:
                raise SettingsError(
                    variable, f"{PREFIX}{twin.upper()} is set too. Set one of them."
                )
            raw[twin] = (variable, _secret_file(variable, text))
        elif name in _BY_NAME:
            raw[name] = (variable, text)
        else:
            raise SettingsError(variable, _unknown(variable, [r.environment for r in TABLE]))
    return raw, options


def _secret_file(variable: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(variable, f"can't read {path}: {error}.") from error


def _from_toml(path: Path) -> tuple[_Raw, dict[str, str]]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(str(path), f"can't read the settings file: {error}.") from error
    raw: _Raw = {}
    options: dict[str, str] = {}
    for name, value in document.items():
        if name in ("output", "source") and isinstance(value, dict):
            options.update(_plugin_tables(path, name, value))
        elif name in _BY_NAME and not isinstance(value, dict):
            raw[name] = (f"{path}: {name}", _toml_text(value))
        else:
            raise SettingsError(f"{path}: {name}", _unknown(name, list(_BY_NAME)))
    return raw, options


def _plugin_tables(path: Path, kind: str, tables: Mapping[str, Any]) -> dict[str, str]:
    options = {}
    for plugin, table in tables.items():
        if not isinstance(table, dict):
            raise SettingsError(f"{path}: {kind}.{plugin}", f"Make it a table: [{kind}.{plugin}].")
        for option, value in table.items():
            options[f"{kind}_{plugin}_{option}".lower()] = _toml_text(value)
    return options


def _toml_text(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(str(item) for item in value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _unknown(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    hint = f" Did you mean {close[0]}?" if close else ""
    return f"there is no such setting.{hint} `seealso doctor` lists them all."


# --- from text to values -------------------------------------------------------------------------


def _whole(label: str, text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise SettingsError(label, f"found {text!r}. Give a whole number.") from error


def _number(label: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError as error:
        raise SettingsError(label, f"found {text!r}. Give a number.") from error
    if not 0 < value < float("inf"):
        raise SettingsError(label, f"found {text!r}. Give a number above 0.")
    return value


def _yes_or_no(label: str, text: str) -> bool:
    if text.strip().lower() not in ("1", "true", "yes", "on", "0", "false", "no", "off", ""):
        raise SettingsError(label, f"found {text!r}. Give 1 or 0.")
    return text.strip().lower() in ("1", "true", "yes", "on")


def _names(label: str, text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


_PARSERS: Mapping[str, Callable[[str, str], Any]] = {
    "str": lambda label, text: text.strip(),
    "int": _whole,
    "float": _number,
    "bool": _yes_or_no,
    "Path": lambda label, text: Path(text).expanduser(),
    "tuple[str, ...]": _names,
}


def _complete(given: Settings) -> Settings:
    """Check ranges, and fill in what follows from other settings."""
    for name, low, high in (
        ("port", 0, 65535),
        ("web_workers", 1, 64),
        ("render_processes", 1, 64),
        ("proxies", 0, 10),
        ("plugin_memory_mb", 64, 1 << 20),
        ("plugin_output_mb", 1, 1024),
        ("max_body_mb", 1, 4096),
        ("metrics_port", 0, 65535),
        ("disk_floor_mb", 1, 1 << 24),
        ("rejected_rows", 1, 1_000_000),
        ("rejected_mb", 1, 1 << 20),
        ("rejected_days", 1, 3650),
        ("rejected_piece_kb", 1, 1 << 20),
        ("lease_seconds", 1, 86_400),
        ("batch", 1, 1000),
    ):
        if not low <= getattr(given, name) <= high:
            label = PREFIX + name.upper()
            raise SettingsError(label, f"found {getattr(given, name)}. Give {low} to {high}.")
    if given.lease_seconds < 3 * given.plugin_deadline_seconds:
        raise SettingsError(
            "SEEALSO_LEASE_SECONDS",
            f"found {given.lease_seconds}. Give at least three times"
            f" SEEALSO_PLUGIN_DEADLINE_SECONDS ({given.plugin_deadline_seconds:g}).",
        )
    _one_of(given.log_format, "log_format", ("human", "json"))
    _one_of(given.log_level, "log_level", ("debug", "info", "warning", "error"))
    if not _QUEUE_NAME.fullmatch(given.broker_prefix):
        label = PREFIX + "BROKER_PREFIX"
        raise SettingsError(label, f"found {given.broker_prefix!r}. Give letters, digits, - and _.")
    data = given.data.expanduser().absolute()
    return replace(
        given,
        data=data,
        hub_url=_hub_url(given),
        database_url=given.database_url or f"sqlite:///{data / 'seealso.sqlite3'}",
        plugins_dir=data / "plugins"
        if given.plugins_dir == _UNSET
        else given.plugins_dir.absolute(),
    )


def _one_of(value: str, name: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise SettingsError(PREFIX + name.upper(), f"found {value!r}. Give {' or '.join(allowed)}.")


def _hub_url(given: Settings) -> str:
    if not given.hub_url:
        host = "127.0.0.1" if given.host in ("0.0.0.0", "::", "") else given.host  # noqa: S104  # compared, not bound
        return f"http://{f'[{host}]' if ':' in host else host}:{given.port}"
    parts = urlsplit(given.hub_url)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise SettingsError(
            "SEEALSO_HUB_URL", f"found {given.hub_url!r}. Give http(s)://host, without a query."
        )
    return given.hub_url.rstrip("/")
