"""Signing in to the pages: who somebody is, proven by Telegram, by a link from the chat, or by a passkey.

`proof` checks what Telegram says. `sessions` keeps people signed in. What somebody may do is decided at each act, by
`shops/workplaces.py`; nothing here knows a right.
"""
