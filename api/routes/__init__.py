"""The routes of /v1. A handler parses, calls one verb and renders the outcome; no rule and no SQL stands here."""
