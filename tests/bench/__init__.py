"""The measuring itself: floors write what ours writes, and ratios are calculated as documented."""
