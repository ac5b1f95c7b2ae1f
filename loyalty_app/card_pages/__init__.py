"""Pages of cards: the private links that open them, and who is told at once when a card has changed."""
