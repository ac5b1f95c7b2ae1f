"""Importing: customers from a spreadsheet or an integrator's list.

`encoding` turns bytes into text, `dialect` text into rows. `headings` says what the columns mean, `cells` reads one
cell, `sheet` one file. `customer_creation` hands the result to the counter, which alone writes cards. `trials` and
`kept_trials` are for files that are uploaded.
"""
