"""Stand-ins of the image APIs as real servers, and the pictures that they make."""
