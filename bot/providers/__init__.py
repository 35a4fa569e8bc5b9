"""The image APIs: one file for each, all behind the protocol in `base`."""
