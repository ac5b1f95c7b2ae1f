"""The shop: business, program, branches, staff, API keys, links, notices. Customers and their cards are elsewhere."""
