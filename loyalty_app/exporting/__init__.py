"""Exporting: what a business owns as open files, which anybody can read without this program.

`files` writes files that appear whole or not at all, with CSV that no spreadsheet takes for formulas. `customers`
writes the list that an import reads, `everything` all that a business owns. Nothing is changed here.
"""
