"""The SDKs, a folder for each language, and the generator of what is made of them."""
