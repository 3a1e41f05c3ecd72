"""The way to a PostgreSQL server: its address, and a connection whose failures are one line without the password."""

from __future__ import annotations

import os
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from apercu.errors import ApercuError, EvidenceError, InputError, MissingDependencyError

SCHEMA = "apercu_papers"
"""Where the tables lie when the address does not say it."""
PORT = 5432
CONNECT_SECONDS = 10.0

_PREFIXES = ("postgresql://", "postgres://")
_SCHEMA_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_SSL_MODES = ("disable", "prefer", "require", "verify-full")
_OPTIONS = ("host", "schema", "sslmode", "sslrootcert")
_FORM = "postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
_HINT = f"Write {_FORM}; in a password write @ / : ? # % as %40 %2F %3A %3F %23 %25, or set PGPASSWORD instead."


def is_dsn(text: str) -> bool:
    """Whether a text is meant as the address of a PostgreSQL server, and not as the name of a file."""
    return text.lower().startswith(_PREFIXES)


class Address(NamedTuple):
    """Where a server is and how to speak to it. `host` is a name, or the folder of a socket when it begins with "/"."""

    user: str
    password: str | None
    host: str
    port: int
    database: str
    schema: str
    ssl_mode: str
    ssl_root: str | None

    def __str__(self) -> str:
        """The address as it may be shown: without the password."""
        place = f"{self.host}:{self.port}" if not self.host.startswith("/") else ""
        tail = f"?host={self.host}" if not place else ""
        return f"postgresql://{self.user}@{place}/{self.database}{tail}"

    def __repr__(self) -> str:
        return str(self)


def read_dsn(dsn: str) -> Address:
    """Take an address apart: `postgresql://USER:PASSWORD@HOST:PORT/DATABASE?schema=...&sslmode=...&sslrootcert=...`.

    `?host=/FOLDER` names the folder of a socket. Without a password that of the environment variable PGPASSWORD counts.
    Nothing of an address that cannot be read is repeated in the error: a part of the password could be in it.

    Raises:
        InputError: it is no such address.
    """
    try:
        if not is_dsn(dsn):
            raise ValueError
        parts = urlsplit(dsn)
        options = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
        port = PORT if parts.port is None else parts.port
    except ValueError:
        # No cause: the parser's error may hold a part of the password.
        raise InputError(f"the address of the server cannot be read, expected {_FORM}", hint=_HINT) from None
    database = parts.path.removeprefix("/")
    # A password with a bare "/", "?" or "#" ends up in these places.
    if re.search(r"[/@:]", database) or parts.fragment or not all(name in _OPTIONS for name in options):
        raise InputError(
            f"the address of the server has a part that is not known; after ? there may be {', '.join(_OPTIONS)}",
            hint=_HINT,
        )
    return _checked(parts, unquote(database), port, options)


def _checked(parts: SplitResult, database: str, port: int, options: dict[str, str]) -> Address:
    schema, ssl_mode = options.get("schema", SCHEMA), options.get("sslmode", "prefer")
    if not _SCHEMA_NAME.fullmatch(schema):
        raise InputError(
            f"{schema!r} is no name of a schema, expected lower-case letters, digits and _", hint="Name another schema."
        )
    if ssl_mode not in _SSL_MODES:
        raise InputError(f"sslmode is {ssl_mode!r}, expected {', '.join(_SSL_MODES)}", hint="Name one of these.")
    if not parts.username:
        raise InputError("the address of the server names no user", hint=_HINT)
    user = unquote(parts.username)
    password = os.environ.get("PGPASSWORD") if parts.password is None else unquote(parts.password)
    host = options.get("host") or parts.hostname or "localhost"
    texts = (user, password or "", host, database)
    if any("\0" in text for text in texts):
        raise InputError("the address of the server holds the character U+0000", hint=_HINT)
    return Address(user, password, host, port, database or user, schema, ssl_mode, options.get("sslrootcert"))


class Link:
    """A connection to a server, for one thread at a time; one that was lost is made again at the next transaction.

    Args:
        address: of the server.

    `first` are statements that each connection begins with; whoever opens it sets them.

    Raises:
        InputError: the server cannot be reached or turns the user away.
        MissingDependencyError: the driver is not installed.
    """

    def __init__(self, address: Address) -> None:
        self.address = address
        self.first: tuple[str, ...] = ()
        self._lock = threading.RLock()
        self._driver = _driver()
        self._connection: Any = None
        self._connect()

    def close(self) -> None:
        """Let go of the connection."""
        with self._lock:
            connection, self._connection = self._connection, None
            if connection is not None:
                with suppress(Exception):
                    connection.close()

    def run(self, sql: str, **values: Any) -> list[list[Any]]:  # noqa: ANN401 - whatever the columns hold
        """Rows of one statement, inside a transaction. Values go beside the text, as `:name`.

        Raises:
            EvidenceError: the server refuses it, or the connection is lost.
        """
        try:
            return self._connection.run(sql, **values) or []
        except self._driver.DatabaseError as error:
            raise EvidenceError(
                f"{self.address} refused a step ({said(error)})", hint="Look at the server, then try again."
            ) from None
        except (self._driver.InterfaceError, OSError) as error:
            self.close()
            raise EvidenceError(
                f"the connection to {self.address} is lost ({said(error)})", hint="Try again when the server is there."
            ) from None
        except BaseException:
            self.close()  # an answer that was not read to its end would be taken for the next one
            raise

    @contextmanager
    def transaction(self, kind: str) -> Iterator[None]:
        """Several statements, whole or not at all.

        Args:
            kind: what BEGIN is to say, such as "ISOLATION LEVEL REPEATABLE READ".
        """
        with self._lock:
            if self._connection is None:
                self._connect()
                for statement in self.first:
                    self.run(statement)
            self.run(f"BEGIN {kind}")
            try:
                yield
            except BaseException:
                if self._connection is not None:
                    with suppress(ApercuError):
                        self.run("ROLLBACK")
                raise
            self.run("COMMIT")

    def _connect(self) -> None:
        at = self.address
        way: socket.socket | None = None
        try:
            way = _socket(at)
            made = self._driver.Connection(
                at.user, password=at.password, host=at.host, database=at.database, application_name="apercu",
                sock=way, ssl_context=False if at.host.startswith("/") else _ssl_context(at),
            )  # fmt: skip
            made._usock.settimeout(None)  # the limit is for connecting, not for a long import
        except (self._driver.DatabaseError, self._driver.InterfaceError, OSError, ValueError) as error:
            if way is not None:
                way.close()
            hint = "See that it runs, and that user, password and database are right."
            raise InputError(f"{at} cannot be reached ({said(error)})", hint=hint) from None
        self._connection = made


def said(error: BaseException) -> str:
    """What an error of the driver says, in one line; what the server said comes before what broke after it."""
    before: BaseException | None = error
    while before is not None:
        if before.args and isinstance(before.args[0], dict):
            error = before
            break
        before = before.__context__
    told = error.args[0] if error.args else ""
    text = str(told.get("M", "")) if isinstance(told, dict) else str(error)
    cause = f": {error.__cause__}" if error.__cause__ is not None else ""
    return " ".join((text + cause).split()) or type(error).__name__


def _driver() -> Any:  # noqa: ANN401 - it has no types
    try:
        import pg8000.native
    except ImportError as error:
        raise MissingDependencyError(
            "an index of papers on PostgreSQL needs the driver pg8000",
            hint="Install it with `pip install 'apercu[postgres]'`.",
        ) from error
    return pg8000.native


def _socket(at: Address) -> socket.socket:
    if at.host.startswith("/"):
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        made.settimeout(CONNECT_SECONDS)
        try:
            made.connect(f"{at.host}/.s.PGSQL.{at.port}")
        except BaseException:
            made.close()
            raise
        return made
    made = socket.create_connection((at.host, at.port), CONNECT_SECONDS)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    return made


def _ssl_context(at: Address) -> ssl.SSLContext | bool | None:
    """What the driver takes: False for none, None for whatever the server has, a context where it must be."""
    if at.ssl_mode in ("disable", "prefer"):
        return False if at.ssl_mode == "disable" else None
    context = ssl.create_default_context(cafile=at.ssl_root)
    if at.ssl_mode == "require":
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
