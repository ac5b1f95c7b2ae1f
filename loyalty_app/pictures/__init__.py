"""Pictures: what people see. The card, the poster on the counter, the chart of the last days.

Everything is drawn with Pillow from plain structs. Nothing here reads the database, the clock or the network, and no
word is chosen here: all texts come in with the struct.
"""
