"""Starting, stopping and looking after everything at once: up, down, status, doctor."""
