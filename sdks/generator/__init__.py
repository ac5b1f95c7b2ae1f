"""The generator of the SDKs: their models and methods, made from the OpenAPI by templates.

What is written by hand is in the folders of the languages.
"""
