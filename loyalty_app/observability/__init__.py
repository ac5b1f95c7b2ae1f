"""What an operator can see of a process while it runs: figures for Prometheus, and the trail of a request in the log.

Counting happens at the edges only, where something was answered, sent or shown. No figure has a label that a client, a
shop or a person could choose.
"""
