"""The local world keeps the rules of what it stands for."""
