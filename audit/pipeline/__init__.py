"""The steps of an audit; `audit.run` puts them in order."""
