"""Owners: opening a shop, its program, its staff, its figures, its keys. Managers use the parts that their role allows.

This is the table of what owners press and type, with the role that each needs. `bots/rights.py` checks the role in the
database at each press and each answer.
"""

from bots.owners import (
    analytics,
    api_keys,
    bonus_hours,
    colours,
    flag_settings,
    flags,
    new_bonus_hours,
    new_program,
    new_shop,
    outstanding_rewards,
    poster,
    program,
    programs,
    settings,
    shop,
    staff_work,
    team,
    time_zone,
    win_back,
)
from bots.owners.new_shop import begin_shop, cancel
from bots.owners.shop import show_shop
from bots.owners.time_zone import question_for_newcomer
from bots.rights import DraftAnswer, PressAnswer, pressed_by, typed_by
from loyalty_core.access import Role

__all__ = ["DRAFTS", "PICTURES", "PRESSES", "begin_shop", "cancel", "question_for_newcomer", "show_shop"]

PRESSES: dict[str, PressAnswer] = {
    "newshop": new_shop.begin_shop,
    "goal": new_shop.press_stamps,
    "cancel": new_shop.cancel,
    "shops": shop.choose_shop,
    "shop": shop.press_shop,
    "computer": pressed_by(Role.STAFF, shop.open_on_computer),
    "figures": pressed_by(Role.MANAGER, analytics.show_figures),
    "owed": pressed_by(Role.MANAGER, outstanding_rewards.show_owed),
    "poster": pressed_by(Role.MANAGER, poster.press_poster),
    "logo": pressed_by(Role.MANAGER, poster.ask_logo),
    "print": pressed_by(Role.MANAGER, poster.press_sheet),
    "team": pressed_by(Role.MANAGER, team.show_team),
    "work": pressed_by(Role.MANAGER, staff_work.show_work),
    "deeds": pressed_by(Role.MANAGER, staff_work.show_deeds),
    "invite": pressed_by(Role.MANAGER, team.ask_role),
    "invited": pressed_by(Role.MANAGER, team.press_role),
    "leave": pressed_by(Role.MANAGER, team.ask_leave),
    "left": pressed_by(Role.MANAGER, team.press_leave),
    "settings": pressed_by(Role.MANAGER, settings.show_settings),
    "rename": pressed_by(Role.MANAGER, settings.ask_name),
    "notify": pressed_by(Role.MANAGER, settings.press_notify),
    "bypage": pressed_by(Role.MANAGER, settings.press_joining),
    "zone": pressed_by(Role.MANAGER, time_zone.ask_zone),
    "zoned": pressed_by(Role.MANAGER, time_zone.press_zone),
    "colours": pressed_by(Role.MANAGER, colours.show_colours),
    "paint": pressed_by(Role.MANAGER, colours.try_colour),
    "painted": pressed_by(Role.MANAGER, colours.take_colour),
    "program": pressed_by(Role.OWNER, programs.press_programs),
    "archive": pressed_by(Role.OWNER, programs.ask_archive),
    "archived": pressed_by(Role.OWNER, programs.archive),
    "mainprogram": pressed_by(Role.OWNER, programs.make_main),
    new_program.ADD: pressed_by(Role.OWNER, new_program.begin),
    "added": new_program.press_answer,
    "ask": pressed_by(Role.OWNER, program.press_question),
    "hours": pressed_by(Role.OWNER, bonus_hours.press_hours),
    "endhours": pressed_by(Role.OWNER, bonus_hours.press_end),
    new_bonus_hours.HOURS: pressed_by(Role.OWNER, new_bonus_hours.press_new),
    "addhours": pressed_by(Role.OWNER, new_bonus_hours.press_add),
    "choose": pressed_by(Role.OWNER, program.press_value),
    win_back.WIN_BACK: win_back.press,
    "flags": pressed_by(Role.OWNER, flags.show_flags),
    "flagged": pressed_by(Role.OWNER, flags.show_flagged),
    "unflag": pressed_by(Role.OWNER, flags.ask_undo),
    "watch": pressed_by(Role.OWNER, flag_settings.show_rules),
    "watchkind": pressed_by(Role.OWNER, flag_settings.press_kind),
    "watchmost": pressed_by(Role.OWNER, flag_settings.press_most),
    "watchday": pressed_by(Role.OWNER, flag_settings.press_evening),
    "keys": pressed_by(Role.OWNER, api_keys.show_keys),
    "newkey": pressed_by(Role.OWNER, api_keys.ask_key_name),
    "makekey": pressed_by(Role.OWNER, api_keys.press_make),
    "key": pressed_by(Role.OWNER, api_keys.ask_close),
    "closekey": pressed_by(Role.OWNER, api_keys.press_close),
    "wipe": api_keys.wipe,
}

DRAFTS: dict[str, DraftAnswer] = {
    "newshop": new_shop.take_answer,
    new_program.ADD: typed_by(Role.OWNER, new_program.take_answer),
    new_bonus_hours.HOURS: typed_by(Role.OWNER, new_bonus_hours.take_hours),
    program.PROGRAM: typed_by(Role.OWNER, program.take_value),
    win_back.WIN_BACK: typed_by(Role.OWNER, win_back.take_gift),
    settings.RENAME: typed_by(Role.MANAGER, settings.take_name),
    time_zone.ZONE: typed_by(Role.MANAGER, time_zone.take_zone),
    api_keys.NAME: typed_by(Role.OWNER, api_keys.take_key_name),
}

# Drafts that are answered by a picture.
PICTURES: dict[str, DraftAnswer] = {poster.LOGO: typed_by(Role.MANAGER, poster.take_logo)}
