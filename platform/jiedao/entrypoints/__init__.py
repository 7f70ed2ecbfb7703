"""The doors: HTTP, command line, clock; and the one place where everything is wired."""
