"""A local world for the demo and the tests: no account, no key, no network."""
