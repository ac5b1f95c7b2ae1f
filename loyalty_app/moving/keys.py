"""The key of the secrets, which has to be at the new place too: with another one no webhook and no bot could be used.

It is never shown. A key file goes along from one SQLite file to another; for PostgreSQL the operator is told where the
text is that belongs into LOYALTY_SECRET_KEY.
"""

from pathlib import Path

from loyalty_app.private_files import write_private
from loyalty_app.settings import Settings, SettingsError
from loyalty_app.vault.keys import key_file_of


def check_key(source: Settings, target: Settings) -> None:
    """Raise SettingsError if another key lies where the key would have to go."""
    kept, wanted = _kept(source), _place(source, target)
    if kept and wanted and wanted.exists() and wanted.read_text().strip() != kept.read_text().strip():
        raise SettingsError(
            f"{wanted} holds another key. Put it elsewhere, for the key of this installation goes there."
        )


def carry_key(source: Settings, target: Settings) -> Path | None:
    """Bring the key along; if that cannot be done, the file whose text belongs into LOYALTY_SECRET_KEY there."""
    kept, wanted = _kept(source), _place(source, target)
    if kept and wanted:
        write_private(wanted, kept.read_bytes())
        return None
    return kept


def _kept(source: Settings) -> Path | None:
    """The key file in use, if there is one."""
    file = key_file_of(source)
    return file if file is not None and source.secret_key is None and file.exists() else None


def _place(source: Settings, target: Settings) -> Path | None:
    """Where the key file has to be at the new place."""
    return key_file_of(target) if source.secret_key is None else None
