"""What differs from one operating system to the next: files, processes and shells."""
