"""What the scanner asks of the server: staff hold the camera at cards, and each is stamped without a tap.

    shift.py     in which shop and at which branch a person works, as in the chat
    stamping.py  stamp, redeem, undo: each once, by the key that the page made before its first try
    seen.py      what the page is told after an act: the card that it was about, and the rewards that wait
    finding.py   from a code, a phone number or a name to a customer, with what staff may see
    frames.py    pictures of the camera, where the browser reads no codes itself
    told.py      what the rules refuse, as a sentence in the language of the page

Rights are looked up in the database at each request, by the rules of the chat; nothing is decided here.
"""

from api.pages.scan import finding, frames, shift, stamping

HANDLERS = [*shift.HANDLERS, *stamping.HANDLERS, *finding.HANDLERS, *frames.HANDLERS]

__all__ = ["HANDLERS"]
