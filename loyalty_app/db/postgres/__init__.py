"""PostgreSQL: everything that is different there. Only code that must know the dialect imports from here."""
