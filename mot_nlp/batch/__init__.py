"""Runs over files: into one file (``single``), or as a job whose folder survives kills (``job``).

A job is planned (``planning``) and then done: read and written in one process, tagged in others
(``worker``), which import this package too and must stay small; hence nothing is imported here.
"""
