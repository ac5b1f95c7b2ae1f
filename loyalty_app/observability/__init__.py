"""What an operator can see of a running process: metrics for Prometheus, and the context of log lines.

Counting happens only at the edges, where something was answered, sent or shown. No client, shop or person can choose
the label of a metric.
"""
