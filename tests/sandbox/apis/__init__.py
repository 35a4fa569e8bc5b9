"""Tests of the stand-ins of the image APIs."""
