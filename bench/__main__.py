"""`python -m bench`: runs every benchmark, one after the other."""

from bench import cards, chat, importing, photos, stamps, webhooks

if __name__ == "__main__":
    cards.main()
    photos.main()
    stamps.main()
    importing.main()
    chat.main()
    webhooks.main()
