"""The proof: every cell of the matrix, tried in real browsers against the running sites.

Black box: nothing here imports a site. It speaks HTTP, drives browsers, and reads `matrix.toml`.
"""
