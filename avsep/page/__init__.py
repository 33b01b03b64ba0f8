"""The web page for people without a terminal: a server on this machine, and what it serves."""
