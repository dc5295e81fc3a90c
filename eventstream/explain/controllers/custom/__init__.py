"""Custom resources, and the custom controllers that look after them."""
