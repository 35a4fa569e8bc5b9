"""The product without commands and without SQL."""
