"""Exporting: what a business owns as open files, which need nothing of this program to be read.

`files` appear whole or not at all and hold CSV that no spreadsheet takes for formulas. `customers` writes the list that
an import takes back, `everything` all that a business owns. Nothing is changed here.
"""
