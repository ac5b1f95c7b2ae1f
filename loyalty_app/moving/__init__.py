"""Moving: a whole installation goes from one database to another, SQLite or PostgreSQL, with everything it knows."""
