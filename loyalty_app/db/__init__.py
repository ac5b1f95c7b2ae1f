"""The database: tables, engines and migrations. No rule of the stamp card lives here."""
