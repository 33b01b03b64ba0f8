"""A separation to files: the result's folder and everything that lies in it."""
