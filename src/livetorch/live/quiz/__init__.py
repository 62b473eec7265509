"""Questions with answers at once: their form, the widget that asks, what a reader has solved."""
