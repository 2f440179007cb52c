"""Are the records of a sample independent draws, or do several belong to one person, piece or template?"""
