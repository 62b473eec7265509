"""What widgets are put together from: axes, bars, pens, graphs, and rules that they follow."""
