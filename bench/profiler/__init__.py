"""The profiler: where the time of a server goes, stamp after stamp, told in a few parts that everybody knows.

py-spy looks into the process from outside a hundred times a second, which costs the process nothing that matters, and
sees the threads that are at work. The innermost line that belongs to a part decides which part a sample is of.
"""
