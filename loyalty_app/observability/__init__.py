"""What an operator can see of a process while it runs: metrics for Prometheus, and what a line of the log belongs to.

Counting happens at the edges only, where something was answered, sent or shown. No metric has a label that a client, a
shop or a person could choose.
"""
