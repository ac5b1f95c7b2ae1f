"""`python -m bench`: runs every benchmark, one after the other."""

from bench import cards, chat, photos, stamps, webhooks

if __name__ == "__main__":
    cards.main()
    photos.main()
    stamps.main()
    chat.main()
    webhooks.main()
