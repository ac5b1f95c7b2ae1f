"""Owners: opening a shop, its program, its staff, its figures, its keys; managers meet what their role reaches.

This is the table of what owners press and type. Who may is said beside each: it is read from the database at each
press.
"""

from collections.abc import Awaitable, Callable

from bots.context import Turn
from bots.owners import colours, figures, founding, keys, owed, poster, program, settings, shop, team, zones
from bots.owners.founding import begin_shop, cancel
from bots.owners.rights import Answer, pressed_by
from bots.owners.shop import show_shop
from loyalty_core.access import Role

__all__ = ["DRAFTS", "PRESSES", "begin_shop", "cancel", "show_shop"]

PRESSES: dict[str, Answer] = {
    "newshop": founding.begin_shop,
    "goal": founding.press_stamps,
    "cancel": founding.cancel,
    "shops": shop.choose_shop,
    "shop": shop.press_shop,
    "figures": pressed_by(Role.MANAGER, figures.show_figures),
    "owed": pressed_by(Role.MANAGER, owed.show_owed),
    "poster": pressed_by(Role.MANAGER, poster.press_poster),
    "team": pressed_by(Role.MANAGER, team.show_team),
    "invite": pressed_by(Role.MANAGER, team.ask_role),
    "invited": pressed_by(Role.MANAGER, team.press_role),
    "leave": pressed_by(Role.MANAGER, team.ask_leave),
    "left": pressed_by(Role.MANAGER, team.press_leave),
    "settings": pressed_by(Role.MANAGER, settings.show_settings),
    "rename": pressed_by(Role.MANAGER, settings.ask_name),
    "notify": pressed_by(Role.MANAGER, settings.press_notify),
    "zone": pressed_by(Role.MANAGER, zones.ask_zone),
    "zoned": pressed_by(Role.MANAGER, zones.press_zone),
    "colours": pressed_by(Role.MANAGER, colours.show_colours),
    "paint": pressed_by(Role.MANAGER, colours.try_colour),
    "painted": pressed_by(Role.MANAGER, colours.take_colour),
    "program": pressed_by(Role.OWNER, program.show_program),
    "ask": pressed_by(Role.OWNER, program.ask_value),
    "choose": pressed_by(Role.OWNER, program.press_value),
    "keys": pressed_by(Role.OWNER, keys.show_keys),
    "newkey": pressed_by(Role.OWNER, keys.ask_key_name),
    "makekey": pressed_by(Role.OWNER, keys.press_make),
    "key": pressed_by(Role.OWNER, keys.ask_close),
    "closekey": pressed_by(Role.OWNER, keys.press_close),
    "wipe": keys.wipe,
}

DRAFTS: dict[str, Callable[[Turn, str], Awaitable[None]]] = {
    "newshop": founding.take_answer,
    program.PROGRAM: program.take_value,
    settings.RENAME: settings.take_name,
    zones.ZONE: zones.take_zone,
    keys.NAME: keys.take_key_name,
}
