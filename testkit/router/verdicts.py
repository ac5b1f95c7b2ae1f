"""Which statements are known to be right, in all test processes: to read a statement takes longer than to say it.

They stand in one file, of which each process knows what it has read of it. One with a fault stands nowhere, so that
each process that says it fails.
"""

from hashlib import sha256
from pathlib import Path

from testkit.router.judging import Spoken, judge

DIGEST = sha256().digest_size


class Verdicts:
    """Judges statements, each once for all processes with the same file; without one for this process alone."""

    def __init__(self, file: Path | None = None) -> None:
        self._file, self._read = file, 0
        self._right: set[bytes] = set()

    def of(self, statement: str, spoken: Spoken) -> str | None:
        """What is wrong with a statement; None if nothing is."""
        digest = sha256(f"{spoken}\n{statement}".encode()).digest()
        if digest in self._right or digest in self._read_on():
            return None
        fault = judge(statement, spoken)
        if fault is None:
            self._note(digest)
        return fault

    def _read_on(self) -> set[bytes]:
        """What is right, with all that other processes have found meanwhile."""
        if self._file is not None and self._file.exists():
            with self._file.open("rb") as file:
                file.seek(self._read)
                while len(digest := file.read(DIGEST)) == DIGEST:
                    self._right.add(digest)
                    self._read += DIGEST
        return self._right

    def _note(self, digest: bytes) -> None:
        self._right.add(digest)
        if self._file is not None:
            with self._file.open("ab", buffering=0) as file:
                file.write(digest)  # whole: what is appended at once stays together
