"""The one schema, its migrations and all the SQL, a module per noun."""
