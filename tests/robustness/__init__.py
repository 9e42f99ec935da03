"""What must hold whatever happens: crashes, interleavings, random histories, missing rules, load."""
