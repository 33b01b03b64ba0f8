"""What can be made of a separation: one module for each product, light to load."""
