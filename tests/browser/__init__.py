"""The chat page, driven in the system's Chromium."""
