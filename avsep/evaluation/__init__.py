"""How well voices come out: of results of `split`, and of a network on listed mixtures."""
