"""The embedded PostgreSQL: its server, its logins, its dumps, and whether it answers."""
