"""The profiler: where the time of a server goes while it stamps, in a few parts that everybody knows.

py-spy samples the process from outside a hundred times a second, at almost no cost to it, and sees the threads that
work. The innermost line that belongs to a part decides which part a sample belongs to.
"""
