"""What the database holds and who may do what with it: connection, migrations, roles, views."""
