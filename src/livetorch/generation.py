"""Text from a language model: how one token is drawn, and how many are."""
