"""Verdicts: which statements are known to be right, in all test processes. To parse one takes longer than to run it.

They stand in one file, which each process reads on from where it was. A statement with a fault is not kept, so each
process that sends it fails. How a statement is judged stands in `judging`.
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
