"""What the API and the bots share and that touches the world: settings, database, the counter and the verbs.

Rules do not live here (they are in `loyalty_core`), nor does anything that speaks HTTP or Telegram to people.
"""
