"""A local world for the demo, the tests and the benchmarks: no account, no key, no network."""
