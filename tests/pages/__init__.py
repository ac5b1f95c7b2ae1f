"""The pages, tried in a real browser against the real application, with bots, a sandbox and people."""
