"""The agent connector: tools by which an agent works in a shop, over the Model Context Protocol.

It asks the API like any other client, with a key: scopes, limits, idempotency and the ledger are those of the API. The
library that speaks the protocol is loaded by `server` and `entrances` only; it comes with the extra `mcp`.
"""
