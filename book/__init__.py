"""What only the build of the book needs: running notebooks, and making pages of them."""
