"""High availability, run: servers and databases are killed and renewed under load, and every stamp is counted."""
