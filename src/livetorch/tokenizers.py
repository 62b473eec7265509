"""Text in pieces: byte pair encoding, trained and applied."""
