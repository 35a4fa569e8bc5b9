"""Tests of the storage, on database files."""
