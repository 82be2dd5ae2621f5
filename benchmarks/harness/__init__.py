"""What run.py is made of: processes, the targets that are compared, the rows, the tables."""
