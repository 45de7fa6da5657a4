"""Runs over files: one file out, or a job that may be killed and goes on."""
