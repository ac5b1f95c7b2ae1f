"""The parameters of a connection to PostgreSQL: reads `LOYALTY_DATABASE_URL` as libpq does, for every user of it.

A parameter of libpq is understood, or refused by its name with a sentence; none is left out in silence. The list is
https://www.postgresql.org/docs/17/libpq-connect.html#LIBPQ-PARAMKEYWORDS. Connections are made in `server`.
"""

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, quote, unquote, urlencode

import msgspec

from loyalty_app.settings import SettingsError

VARIABLE = "LOYALTY_DATABASE_URL"
PORT = 5432
LARGEST_PORT = 65_535
SCHEME = re.compile(r"postgres(?:ql)?://")
LIKE = "it must be like postgresql://user:password@host:5432/database, with @ : / ? # in the password written as %40 …"

TLS = (
    *("sslmode", "sslcert", "sslkey", "sslrootcert", "sslcrl", "sslpassword", "sslnegotiation"),
    *("ssl_min_protocol_version", "ssl_max_protocol_version"),
)
TLS_FILES = ("sslcert", "sslkey", "sslrootcert", "sslcrl")
DRIVERS = (*TLS, "krbsrvname", "gsslib", "passfile", "service")
"""What the driver reads by itself, as libpq does."""
FOR_THE_SERVER = ("application_name", "options")
KEEPALIVE = ("keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout")
CACHES = ("statement_cache_size", "prepared_statement_cache_size")
SESSIONS = ("any", "read-write", "primary")
PROGRAM = "loyalty"
"""How this program appears in pg_stat_activity, if the URL does not say otherwise."""

SAME_AS_DEFAULT: Mapping[str, tuple[str, ...]] = {
    "channel_binding": ("disable", "prefer"),
    "client_encoding": ("auto", "utf8", "utf-8", "unicode"),
    "gssencmode": ("disable", "prefer"),
    "load_balance_hosts": ("disable",),
    "replication": ("false", "off", "no", "0"),
    "sslcertmode": ("allow",),
    "sslcompression": ("0",),
    "sslsni": ("1",),
}
"""Parameters of which only the values are understood that change nothing."""

REFUSED = (
    *("gssdelegation", "hostaddr", "max_protocol_version", "min_protocol_version", "oauth_client_id"),
    *("oauth_client_secret", "oauth_issuer", "oauth_scope", "require_auth", "requirepeer", "requiressl"),
    *("scram_client_key", "scram_server_key", "servicefile", "sslcrldir", "sslkeylogfile"),
)
"""Parameters of libpq that the driver has not."""

INSTEAD: Mapping[str, str] = {
    "hostaddr": "write the address as the host",
    "requiressl": "write sslmode=require",
    "sslcrldir": "write sslcrl with a file",
}


class Host(msgspec.Struct, frozen=True):
    """Where the server may be: a name, an address, or the folder of a Unix socket; "" is libpq's default."""

    name: str
    port: int = PORT

    def __str__(self) -> str:
        """As people write it."""
        return f"{self.name or 'this machine'}, port {self.port}"


class Keepalive(msgspec.Struct, frozen=True):
    """How the operating system notices that the other machine is gone, in seconds; `unanswered` in milliseconds."""

    on: bool = True
    idle: int = 5
    interval: int = 2
    count: int = 3
    unanswered: int = 8_000


class ConnectionParameters(msgspec.Struct, frozen=True, kw_only=True):
    """What a URL says.

    `connect_seconds`, `command_seconds` and `pooled` (by PgBouncer) are None where it says nothing. `drivers` is for
    the driver, `settings` for the server.
    """

    hosts: tuple[Host, ...]
    user: str | None = None
    password: str | None = None
    database: str | None = None
    sessions: str = "any"
    connect_seconds: float | None = None
    command_seconds: float | None = None
    pooled: bool | None = None
    keepalive: Keepalive = Keepalive()
    drivers: Mapping[str, str] = {}
    settings: Mapping[str, str] = {}

    @property
    def drivers_url(self) -> str:
        """What the driver is to read by itself, as the URL that it takes."""
        return f"postgresql:///?{urlencode(self.drivers, quote_via=quote)}" if self.drivers else "postgresql:///"

    @property
    def without_password(self) -> str:
        """The URL for people and for libpq's programs; these get the password another way."""
        hosts = ",".join(f"{_quoted(one.name)}:{one.port}" for one in self.hosts)
        at = f"{quote(self.user, safe='')}@" if self.user else ""
        sessions = {} if self.sessions == "any" else {"target_session_attrs": self.sessions}
        query = urlencode({**self.drivers, **sessions}, quote_via=quote)
        return f"postgresql://{at}{hosts}/{quote(self.database or '', safe='')}{query and '?'}{query}"


def _quoted(name: str) -> str:
    return f"[{name}]" if ":" in name else quote(name, safe="")


def read_parameters(url: str) -> ConnectionParameters:
    """Read a URL. Raises SettingsError, which names the part that is wrong and never the password."""
    scheme = SCHEME.match(url)
    if scheme is None:
        raise SettingsError(f"{VARIABLE} cannot be read: {LIKE}.")
    before, _, query = url[scheme.end() :].partition("?")
    authority, _, path = before.partition("/")
    account, _, places = authority.rpartition("@")
    user, _, password = account.partition(":")
    given = _read_query(query)
    hosts = [places] if places else given.pop("host", [])
    ports = given.pop("port", [])
    words = {name: values[-1] for name, values in given.items()}
    database = words.pop("dbname", words.pop("database", None))
    plain = ConnectionParameters(
        hosts=_read_hosts(",".join(hosts), ",".join(ports)),
        user=words.pop("user", None) or unquote(user) or None,
        password=words.pop("password", None) or unquote(password) or None,
        database=database or unquote(path) or None,
    )
    return _with_words(plain, words)


def with_database(url: str, name: str) -> str:
    """The URL of another database on the same server."""
    before, _, query = url.partition("?")
    scheme, _, rest = before.partition("://")
    parts = [part for part in query.split("&") if part and part.partition("=")[0] not in {"dbname", "database"}]
    return f"{scheme}://{rest.partition('/')[0]}/{quote(name, safe='')}{'?' if parts else ''}{'&'.join(parts)}"


def _read_query(query: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in parse_qsl(query.replace("+", "%2B"), keep_blank_values=True):
        found.setdefault(name, []).append(value)
    return found


def _read_hosts(hosts: str, ports: str) -> tuple[Host, ...]:
    """All hosts, in their order. `ports` has one for all, or one for each, as libpq's `port`."""
    names, numbers = hosts.split(","), ports.split(",") if ports else [""]
    if len(numbers) not in {1, len(names)}:
        raise SettingsError(f"{VARIABLE} names {len(names)} hosts and {len(numbers)} ports: give one port, or as many.")
    numbers = numbers * len(names) if len(numbers) == 1 else numbers
    return tuple(_read_host(name, port) for name, port in zip(names, numbers, strict=True))


def _read_host(text: str, port: str) -> Host:
    text = f"[{text}]" if text.count(":") > 1 and "[" not in text else text  # an address of IPv6
    found = re.fullmatch(r"(?:\[(?P<v6>[^\]]+)\]|(?P<name>[^:]*))(?::(?P<port>[^:]*))?", text)
    if found is None:
        raise SettingsError(f"{VARIABLE} cannot be read: {LIKE}.")
    number = found["port"] or port or str(PORT)
    if not (number.isdecimal() and 0 < int(number) <= LARGEST_PORT):
        raise SettingsError(f"{VARIABLE} has a port that is no number from 1 to {LARGEST_PORT}: {LIKE}.")
    return Host(unquote(found["v6"] or found["name"] or ""), int(number))


def _with_words(plain: ConnectionParameters, words: dict[str, str]) -> ConnectionParameters:
    """The parameters of the query; each is taken out of `words`, and what is left is refused."""
    words |= {"sslmode": words.pop("ssl", "").replace("true", "require")} if "ssl" in words else {}
    words |= {"connect_timeout": words.pop("timeout")} if "timeout" in words else {}
    caches = [_number(words, name) for name in CACHES if name in words]
    found = msgspec.structs.replace(
        plain,
        sessions=_read_sessions(words, several=len(plain.hosts) > 1),
        connect_seconds=_seconds(words, "connect_timeout"),
        command_seconds=_seconds(words, "command_timeout"),
        pooled=_read_pooled(words, caches),
        keepalive=_read_keepalive(words),
        drivers={name: words.pop(name) for name in DRIVERS if name in words},
        settings=_read_settings(words),
    )
    for name, value in words.items():
        _refuse(name, value)
    return found


def _read_sessions(words: dict[str, str], *, several: bool) -> str:
    """Which server will do. Of several hosts only one can be written to, and every process writes."""
    asked = words.pop("target_session_attrs", "read-write" if several else "any")
    if asked not in SESSIONS:
        raise SettingsError(
            f"{VARIABLE}: target_session_attrs must be one of {', '.join(SESSIONS)}: all processes write."
        )
    return asked


def _read_pooled(words: dict[str, str], caches: list[int]) -> bool | None:
    """Whether PgBouncer stands between; a URL that keeps no statements says so, too. None: look."""
    if "pgbouncer" not in words:
        return True if 0 in caches else None
    value = words.pop("pgbouncer")
    if value not in {"true", "false"}:
        raise SettingsError(f"{VARIABLE}: pgbouncer must be true or false.")
    return value == "true"


def _read_keepalive(words: dict[str, str]) -> Keepalive:
    given = {name: _number(words, name) for name in KEEPALIVE if name in words}
    usual = Keepalive()
    return Keepalive(
        on=bool(given.get("keepalives", 1)),
        idle=given.get("keepalives_idle") or usual.idle,
        interval=given.get("keepalives_interval") or usual.interval,
        count=given.get("keepalives_count") or usual.count,
        unanswered=given.get("tcp_user_timeout", usual.unanswered),
    )


def _read_settings(words: dict[str, str]) -> dict[str, str]:
    fallback = words.pop("fallback_application_name", PROGRAM)
    return {"application_name": fallback, **{name: words.pop(name) for name in FOR_THE_SERVER if name in words}}


def _number(words: dict[str, str], name: str) -> int:
    text = words.pop(name)
    if not text.isdecimal():
        raise SettingsError(f"{VARIABLE}: {name} must be a whole number, 0 or more.")
    return int(text)


def _seconds(words: dict[str, str], name: str) -> float | None:
    if name not in words:
        return None
    text = words.pop(name)
    if not re.fullmatch(r"\d+(\.\d+)?", text) or not float(text):
        raise SettingsError(f"{VARIABLE}: {name} must be a number of seconds above 0; no wait is without an end.")
    return float(text)


def _refuse(name: str, value: str) -> None:
    """Raise SettingsError for a parameter that is not understood."""
    usual = SAME_AS_DEFAULT.get(name, ())
    if value.lower() in usual:
        return
    if usual:
        raise SettingsError(f"{VARIABLE}: {name}={value} is not supported; only {' or '.join(usual)} is.")
    if name in REFUSED:
        instead = f" Instead, {INSTEAD[name]}." if name in INSTEAD else ""
        raise SettingsError(f"{VARIABLE}: the parameter {name} of libpq is not supported here.{instead}")
    options = "Settings of the server go into options, as options=-c%20work_mem%3D64MB."
    raise SettingsError(f"{VARIABLE} has the parameter {name}, which is not known, not to libpq either. {options}")
