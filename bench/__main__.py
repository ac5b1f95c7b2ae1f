"""`python -m bench`: runs every benchmark, one after the other."""

from bench import cards, stamps, webhooks

if __name__ == "__main__":
    cards.main()
    stamps.main()
    webhooks.main()
