"""The tests mirror the code; `journeys` tells whole stories over the local world."""
