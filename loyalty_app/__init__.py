"""The application: everything that API and bots share and that touches the world, from settings to the counter.

No rule lives here: those are in `loyalty_core`. Nothing here speaks HTTP or Telegram to people.
"""
