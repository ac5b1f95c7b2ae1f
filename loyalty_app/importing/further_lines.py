"""Further lines: people who stand in a list once for each of their programs become one candidate with several cards.

The first line of a person makes the customer. A further one that names another program brings the stamps of that card,
in the same transaction, and shares the fate of the first: so a list that is imported again, or goes on after a restart,
never finds half a person. Nothing is looked up or written here.
"""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from loyalty_app.importing.candidates import Candidate, FurtherLine, Remark
from loyalty_core.customers import Profile, fold_case


def token_of(profile: Profile) -> str | int:
    """What identifies a person in a list: the phone number, or without one a hash of name and e-mail address."""
    return profile.phone or hash(person(profile.name, profile.email))


def person(name: str, email: str | None) -> tuple[str, str]:
    """What identifies a person without a phone number."""
    return fold_case(name), fold_case(email or "")


class FurtherLines:
    """The lines of a list that are further ones of somebody, and the candidates to whom they belong."""

    def __init__(self, candidates: Iterable[Candidate] = ()) -> None:
        people: dict[str | int, int] = {}
        self._whole: dict[int, Candidate] = {}
        self._first: dict[int, int] = {}
        self._remarks: dict[int, Remark] = {}
        for one in candidates:
            place = people.setdefault(token_of(one.profile), one.place)
            if place != one.place:
                self._add(self._whole.get(place), one)
            else:
                self._whole[place] = one

    def _add(self, first: Candidate | None, one: Candidate) -> None:
        """Note a further line of somebody, unless it brings nothing: then it is a repeated line as any other."""
        known = () if first is None else (first.program_id, *(line.program_id for line in first.more))
        if first is None or not one.stamps or one.program_id in known:
            return
        line = FurtherLine(one.place, one.stamps, one.program_id)
        self._whole[first.place] = replace(first, more=(*first.more, line))
        self._first[one.place] = first.place

    def people(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """The candidates among some lines, each with all cards, without those lines that are further ones."""
        return [self._whole.get(one.place, one) for one in candidates if one.place not in self._first]

    def untold(self, candidates: Sequence[Candidate]) -> set[int]:
        """The first lines of people of whom there are further ones among these, and no remark yet."""
        return {self._first[one.place] for one in candidates if one.place in self._first} - self._remarks.keys()

    def remember(self, remarks: Iterable[Remark]) -> None:
        """Remember what became of people who were not taken, for their further lines."""
        self._remarks |= {remark.place: remark for remark in remarks}

    def told(self, candidates: Sequence[Candidate], remarks: Sequence[Remark]) -> list[Remark]:
        """The remarks on some lines, with those on the further ones among them."""
        self.remember(remarks)
        further = [one.place for one in candidates if one.place in self._first]
        shared = ((place, self._remarks.get(self._first[place])) for place in further)
        return [*remarks, *(replace(one, place=place) for place, one in shared if one is not None)]
