"""Memorisation, privacy and copying: does the model give back what it learned from?"""
