"""Programs that run in a student's kernel. They are sent as text and import nothing from here."""
