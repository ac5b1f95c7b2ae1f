"""Refusals that only pages know. Each says in the person's language what happened, and what to do next.

A class's docstring is its title. `says` and `then` are English, and the keys of the catalogue.
"""

from typing import ClassVar

from loyalty_app.words import N_


class PageRefusal(Exception):
    """A page, or what it asked for, is refused. `says` is what happened, `then` what the person can do."""

    code: ClassVar[str]
    status: ClassVar[int]
    says: ClassVar[str]
    then: ClassVar[str]


class UnknownBot(PageRefusal):
    """There is no such bot."""

    code, status = "bot_not_found", 404
    says = N_("There is no such page.")
    then = N_("Perhaps the link is old or was cut off. Open the chat of the shop and begin there.")


class UnknownPage(PageRefusal):
    """There is no such page."""

    code, status = "not_found", 404
    says = N_("There is no such page.")
    then = N_("Perhaps the link is old or was cut off. Open the chat of the shop and begin there.")


class InitDataInvalid(PageRefusal):
    """Telegram did not sign that for this bot."""

    code, status = "init_data_invalid", 401
    says = N_("Telegram did not confirm who you are.")
    then = N_("Close this window, and open it again from the chat.")


class InitDataTooOld(PageRefusal):
    """The page was opened too long ago."""

    code, status = "init_data_too_old", 401
    says = N_("This window is too old.")
    then = N_("Close this window, and open it again from the chat. Nothing is lost.")


class InitDataUsed(PageRefusal):
    """That init data has opened a session before."""

    code, status = "init_data_used", 401
    says = N_("This window was opened once before.")
    then = N_("Close this window, and open it again from the chat. Nothing is lost.")


class SessionEnded(PageRefusal):
    """There is no session, or it has ended."""

    code, status = "session_ended", 401
    says = N_("You are not signed in, or were away for too long.")
    then = N_("Open this page again from the chat. Nothing is lost.")


class CrossSite(PageRefusal):
    """The request came from another site."""

    code, status = "cross_site", 403
    says = N_("Another site has sent this, so nothing was done.")
    then = N_("Open this page from the chat, and try again there.")


class NeedsHttps(PageRefusal):
    """Signing in needs https."""

    code, status = "needs_https", 403
    says = N_("Signing in works only over https.")
    then = N_("Ask the person who runs this server to set its public address.")


class LinkSpent(PageRefusal):
    """That link signs nobody in any more."""

    code, status = "link_spent", 410
    says = N_("This link was used, or is older than 10 minutes.")
    then = N_("Ask for a new one in the chat: /shop, then “Open on a computer”.")


class PasskeyNotKept(PageRefusal):
    """That passkey was not kept."""

    code, status = "passkey_not_kept", 400
    says = N_("The passkey could not be saved.")
    then = N_("Please try again. You can sign in by a link from the chat all the same.")


class PasskeyNotTaken(PageRefusal):
    """That passkey signs nobody in."""

    code, status = "passkey_not_taken", 401
    says = N_("This passkey was not taken.")
    then = N_("Ask for a link in the chat: /shop, then “Open on a computer”. It always works.")


class CardLinkUnknown(PageRefusal):
    """There is no card at this address."""

    code, status = "card_not_found", 404
    says = N_("There is no card at this address.")
    then = N_("Perhaps the link was cut off, or the card was deleted. Ask in the shop for a link to your card.")


class CardLinkEnded(PageRefusal):
    """The link of the card was revoked."""

    code, status = "card_link_revoked", 410
    says = N_("This link has ended.")
    then = N_("Your card and your stamps are safe. Ask in the shop for a new link to your card.")


class ShopUnknown(PageRefusal):
    """There is no shop at this address."""

    code, status = "shop_not_found", 404
    says = N_("There is no shop at this address.")
    then = N_("Please scan the poster in the shop again, or ask there.")
