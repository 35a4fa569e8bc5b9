"""Tests of the clients of the image APIs."""
