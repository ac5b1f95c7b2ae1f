"""ETags, and addresses of what was created: the headers by which a caller names one thing in one state.

A caller that has the newest state gets 304. A caller that would change a newer state than it knows is refused.

What the states of customers and programs are is in `loyalty_core/views.py`; this is how HTTP speaks of them. Weak tags
are taken for strong ones, because a proxy that compresses answers makes them weak.
"""

import msgspec
from litestar.response.base import ASGIResponse
from msgspec import UNSET, UnsetType

from api.messages import AppRequest, RequestLike, data_response

REVALIDATED = "private, no-cache"
"""May be kept by the caller, who asks each time whether it is still true."""


def etag(state: str) -> str:
    """A state as an ETag."""
    return f'"{state}"'


def states_in(header: str) -> list[str]:
    """The states that an If-Match or If-None-Match names; ["*"] stands for any."""
    return [each.strip().removeprefix("W/").strip('"') for each in header.split(",")]


def has_already(known: str, state: str) -> bool:
    """Whether an If-None-Match names the state."""
    states = states_in(known)
    return state in states or states == ["*"]


def expected_states(request: AppRequest) -> tuple[str, ...] | UnsetType:
    """The states of which a change may be made, by If-Match; unset if any will do."""
    header = request.headers.get("if-match")
    states = ["*"] if header is None else states_in(header)
    return UNSET if states == ["*"] else tuple(states)


def state_response(request: AppRequest, view: msgspec.Struct, state: str) -> ASGIResponse:
    """A view with its ETag; 304 without it if the caller has it."""
    return known_response(request, state) or data_response(view, headers=state_headers(state))


def known_response(request: AppRequest, state: str) -> ASGIResponse | None:
    """304, if the caller has that state; else None."""
    if not has_already(request.headers.get("if-none-match", ""), state):
        return None
    return ASGIResponse(status_code=304, headers=state_headers(state), media_type=None)


def state_headers(state: str) -> dict[str, str]:
    """The headers of an answer in a state."""
    return {"ETag": etag(state), "Cache-Control": REVALIDATED}


def created_at(request: RequestLike, new_id: int) -> dict[str, str]:
    """The header that names the address of what was made in the list to which it was posted."""
    return {"Location": f"{request.scope['path'].rstrip('/')}/{new_id}"}
