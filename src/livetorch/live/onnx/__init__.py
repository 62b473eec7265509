"""A trained model in a page: written as a file, and run there in a worker."""
