"""Backups: all rows and stored files of an installation in one file, which either database and either storage takes back."""
