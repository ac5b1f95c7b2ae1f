"""Pictures: the card, the poster on the counter, the chart of the last days.

Pillow draws everything from plain structs. Nothing here reads the database, the clock or the network, and no word is
chosen here: all texts come with the struct.
"""
