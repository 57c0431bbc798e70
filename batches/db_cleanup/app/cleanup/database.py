"""Opens the database.

SQLite knows no passwords. A hash of one lies in the file, so that a wrong DB_PASSWORD is refused as by a server.
"""

import hashlib
import hmac
import secrets
import sqlite3
from pathlib import Path

SCHEMA = """
CREATE TABLE login (salt BLOB NOT NULL, hash BLOB NOT NULL);
CREATE TABLE sessions (id INTEGER PRIMARY KEY, account TEXT NOT NULL, used_at TEXT NOT NULL);
CREATE INDEX sessions_used_at ON sessions (used_at);
"""


class LoginRefusedError(Exception):
    """The password is not the database's."""


def create(path: Path, password: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path)
    connection.executescript(SCHEMA)
    salt = secrets.token_bytes(16)
    connection.execute("INSERT INTO login VALUES (?, ?)", (salt, _hash(password, salt)))
    connection.commit()
    return connection


def connect(path: Path, password: str) -> sqlite3.Connection:
    """Opens a database that exists.

    Raises:
        LoginRefusedError: The password is wrong.
        sqlite3.Error: There is no such database.
    """
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)
    salt, expected = connection.execute("SELECT salt, hash FROM login").fetchone()
    if not hmac.compare_digest(_hash(password, salt), expected):
        connection.close()
        raise LoginRefusedError(f"{path}: login refused: DB_PASSWORD is wrong")
    return connection


def _hash(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=2**12, r=8, p=1)
