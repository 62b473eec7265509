"""Models, each written out so that ``forward`` reads as its diagram. They return logits."""
