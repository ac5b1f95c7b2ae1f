"""`python -m bench`: runs every benchmark, one after the other."""

from bench import stamps, webhooks

if __name__ == "__main__":
    stamps.main()
    webhooks.main()
