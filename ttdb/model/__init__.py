"""The values that travel between the layers, a module for each subject. Frozen, and free of behaviour."""
