"""Tests of the bots: people with phones talk to them through the sandbox."""
