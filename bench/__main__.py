"""`python -m bench`: runs every benchmark, one after the other."""

from tempfile import TemporaryDirectory

from bench import analytics, cards, chat, growth, importing, photos, reads, stamps, webhooks

if __name__ == "__main__":
    cards.main()
    photos.main()
    stamps.main()
    importing.main()
    chat.main()
    webhooks.main()
    with TemporaryDirectory() as folder:  # large crowds are filled once for all three
        for one in (reads, analytics, growth):
            one.main(["--folder", folder])
