"""The control API, /control: what the page and the tests tell the sandbox to do on behalf of people."""

from telegram_sandbox.control import acts, inhabitants, watching, web_apps

HANDLERS = [*inhabitants.HANDLERS, *acts.HANDLERS, *watching.HANDLERS, *web_apps.HANDLERS]
