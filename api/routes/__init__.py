"""The routes of /v1. A handler parses, calls one verb and renders the outcome; it holds no rule and no SQL."""
