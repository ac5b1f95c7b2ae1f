"""The REST API `/v1`: parses requests, authorises them, calls one verb and renders its outcome.

No rule of the stamp card and no SQL lives here.
"""
