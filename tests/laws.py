"""Laws that hold for each of many things: one test a law, which names everything that breaks it."""

from collections.abc import Callable, Iterable


def for_each(names: Iterable[str]) -> Callable[[Callable[[str], None]], Callable[[], None]]:
    """Make a test of a law that holds for each name; it runs them all and tells which break it, and how."""
    known = list(names)

    def make(law: Callable[[str], None]) -> Callable[[], None]:
        def test() -> None:
            assert known, "nothing to hold this law for"
            broken = [f"{name}: {said}" for name in known if (said := broken_by(law, name)) is not None]
            assert not broken, "\n".join(broken)

        test.__name__, test.__doc__, test.__module__ = law.__name__, law.__doc__, law.__module__
        return test

    return make


def broken_by(law: Callable[[str], None], name: str) -> str | None:
    """What a law says against a name, or None."""
    try:
        law(name)
    except AssertionError as error:
        return str(error) or "breaks this law"
    return None
