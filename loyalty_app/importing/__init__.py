"""Importing: customers out of a spreadsheet or an integrator's list.

`encoding` turns bytes into text, `dialect` text into rows, `headings` finds out what the columns mean, `cells` reads
one cell, `sheet` one file. `customer_creation` hands what was read to the counter: there is no second way of writing
cards.
"""
