"""The measuring itself: floors write what ours writes, and ratios are reckoned as they are told."""
