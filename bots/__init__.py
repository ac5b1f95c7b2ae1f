"""The Telegram front end. Its chats arrive with a later release; until then this package holds only its place."""
