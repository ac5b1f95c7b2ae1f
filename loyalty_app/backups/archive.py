"""The archive: a zip of a manifest and the files it lists, each with size and SHA-256. It appears whole or not at all.

A checksum finds accidents, not attackers: an attacker can rewrite the manifest too. The file holds names, phone numbers
and the key to all secrets: only its owner may read it.
"""

import hashlib
import os
import zlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import IO, NoReturn
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

import msgspec

from loyalty_app.private_files import new_file

FORMAT = 1
MANIFEST = "manifest.json"
LARGEST_MANIFEST = 65_536
CHUNK = 2**20
UNREADABLE = (BadZipFile, KeyError, EOFError, RuntimeError, ValueError, zlib.error)
"""What reading a damaged archive raises: for its list, a name, or compressed data."""


class BackupRefused(Exception):
    """A backup cannot be made or restored; the text says why and what to do."""


class Member(msgspec.Struct, frozen=True):
    """A file in the archive."""

    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What an archive holds: kind and version of the database, when it was made, and how many rows were counted.

    `proven`: every card and total agreed with the ledger. `needs_key`: it holds secrets, but not their key
    (LOYALTY_SECRET_KEY).
    """

    format: int = FORMAT
    database: str
    version: str
    made_at: datetime
    proven: bool
    needs_key: bool
    businesses: int
    customers: int
    transactions: int
    files: dict[str, Member]


def member_of(path: Path) -> Member:
    """The size and checksum of a file."""
    with path.open("rb") as file:
        return Member(path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())


def write_archive(target: Path, manifest: Manifest, files: Mapping[str, Path], *, draft: Path) -> None:
    """Write an archive as `draft`, on the same disk, then rename it to `target`, which replaces an older file."""
    with new_file(draft) as file:
        _pack(file, manifest, files)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(target)


def _pack(file: IO[bytes], manifest: Manifest, files: Mapping[str, Path]) -> None:
    with ZipFile(file, "w", ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr(MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=2))
        for name, path in files.items():
            archive.write(path, name)


def read_manifest(source: Path) -> Manifest:
    """The manifest of an archive. Raises BackupRefused, OSError."""
    try:
        with ZipFile(source) as archive, archive.open(MANIFEST) as file:
            manifest = msgspec.json.decode(file.read(LARGEST_MANIFEST), type=Manifest)
    except (*UNREADABLE, msgspec.DecodeError, msgspec.ValidationError) as error:
        message = f"{source} is no backup that was made by `loyalty backup`, or it is damaged."
        raise BackupRefused(message) from error
    if manifest.format != FORMAT:
        message = f"{source} was made by a newer release than this one. Update the program."
        raise BackupRefused(message)
    return manifest


def extract(source: Path, manifest: Manifest, name: str, target: Path) -> None:
    """Extract a file and compare it with the manifest. Raises BackupRefused, OSError."""
    wanted = manifest.files.get(name)
    if wanted is None:
        _damaged(source, f"{name} is not in it")
    try:
        with ZipFile(source) as archive, archive.open(name) as file:
            _copy(file, target, wanted.bytes)
    except UNREADABLE as error:
        message = f"{source} is damaged: {name} cannot be read. Take another backup."
        raise BackupRefused(message) from error
    if member_of(target) != wanted:
        _damaged(source, f"{name} is not what was put into it")


def _copy(file: IO[bytes], target: Path, most: int) -> None:
    """Copy to a new file that only its owner may read; stop one byte after `most`: then the file is wrong."""
    left = most + 1
    with new_file(target) as out:
        while left and (chunk := file.read(min(CHUNK, left))):
            out.write(chunk)
            left -= len(chunk)
        out.flush()
        os.fsync(out.fileno())


def _damaged(source: Path, what: str) -> NoReturn:
    message = f"{source} is damaged or was changed: {what}. Take another backup."
    raise BackupRefused(message)
