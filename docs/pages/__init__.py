"""The generated pages: one module a page, found by their file names."""
