"""Frames: pictures of the camera, for browsers that read no codes themselves.

The page sends up to three small JPEGs a second, and each is read in a thread apart. Nothing waits long here: a frame
that comes while others wait is dropped with a 503, one of a person who sends too many with a 429, and the page sends
its next. Nothing is kept of a frame.
"""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import msgspec
from litestar import post
from litestar.di import NamedDependency
from litestar.response.base import ASGIResponse

from api.messages import AppRequest, data_response
from api.pages.scan.shift import position_of
from api.pages.scan.told import IN_WORDS
from api.parsing import whole_body
from api.refusals import BodyTooLarge, RateLimited
from loyalty_app.sign_in.sessions import PagePerson
from loyalty_core.errors import Busy, InvalidRequest

LARGEST_FRAME_BYTES = 30 * 1024
MOST_A_SECOND = 3
SLACK_SECONDS = 0.9
"""The seconds in which so many may come: networks bunch what was sent evenly."""
MOST_WAITING = 4
"""Frames that are read or wait for it, in a process. Measured: one takes 2.5 ms at 480×480 pixels."""
RIGHTS_LAST_SECONDS = 30.0
MOST_PEOPLE = 1_000
MOST_CODES, LONGEST_TEXT = 4, 2_000


class FrameCodes(msgspec.Struct, frozen=True):
    """The texts of the QR codes in a frame."""

    codes: tuple[str, ...]


class FramesOfPerson:
    """When a person's last frames came, how many there were, and until when they may send more."""

    def __init__(self) -> None:
        self.came: deque[float] = deque(maxlen=MOST_A_SECOND)
        self.turn = 0
        self.allowed: dict[int, float] = {}
        """By shop, until when the person counts as one of its staff."""


class FrameReader:
    """Reads frames, one at a time; `seconds` tells the time."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._thread = ThreadPoolExecutor(1, "frames")
        self._people: OrderedDict[tuple[int, int], FramesOfPerson] = OrderedDict()
        self._waiting = 0

    def of(self, person: PagePerson) -> FramesOfPerson:
        """What is known of a person's frames; those who sent none for longest are forgotten."""
        key = person.bot_id, person.user_id
        known = self._people.setdefault(key, FramesOfPerson())
        self._people.move_to_end(key)
        while len(self._people) > MOST_PEOPLE:
            self._people.popitem(last=False)
        return known

    def is_allowed(self, person: PagePerson, business_id: int) -> bool:
        """Whether a person was on the staff of a shop a moment ago."""
        return self.of(person).allowed.get(business_id, 0.0) > self._seconds()

    def allow(self, person: PagePerson, business_id: int) -> None:
        """Note that a person is on the staff of a shop, so that not each frame is a look into the database."""
        self.of(person).allowed = {business_id: self._seconds() + RIGHTS_LAST_SECONDS}

    async def read(self, person: PagePerson, jpeg: bytes) -> FrameCodes:
        """The codes in a frame. Raises RateLimited, Busy."""
        frames, now = self.of(person), self._seconds()
        if len(frames.came) == MOST_A_SECOND and now - frames.came[0] < SLACK_SECONDS:
            raise RateLimited(1)
        frames.came.append(now)
        if self._waiting >= MOST_WAITING:
            raise Busy
        self._waiting += 1
        frames.turn += 1
        try:
            read = await asyncio.get_running_loop().run_in_executor(self._thread, _read_frame, jpeg, frames.turn)
        finally:
            self._waiting -= 1
        return FrameCodes(tuple(text[:LONGEST_TEXT] for text in read[:MOST_CODES]))


def _read_frame(jpeg: bytes, turn: int) -> list[str]:
    from loyalty_app.pictures.code_reading import read_frame  # noqa: PLC0415  # few need the reader

    return read_frame(jpeg, turn)


READER = FrameReader()
"""That of this process."""


@post("/{bot:str}/api/scan/{id:str}/frames", status_code=200, exception_handlers=IN_WORDS)
async def take_frame(request: AppRequest, person: NamedDependency[PagePerson]) -> ASGIResponse:
    """Read a frame. Raises InvalidRequest, BodyTooLarge, RateLimited, Busy, NotOnStaff."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "image/jpeg":
        raise InvalidRequest.field("", "must be a JPEG, with the header Content-Type: image/jpeg")
    business_id = int(request.path_params["id"]) if request.path_params["id"].isdecimal() else 0
    if not READER.is_allowed(person, business_id):
        READER.allow(person, (await position_of(request, person)).business.id)
    jpeg = await whole_body(request)
    if len(jpeg) > LARGEST_FRAME_BYTES:
        raise BodyTooLarge
    return data_response(await READER.read(person, jpeg))


HANDLERS = [take_frame]
