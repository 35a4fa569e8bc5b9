"""The commands: one file for each family, loaded by name and imported by nobody."""
