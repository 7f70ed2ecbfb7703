"""From what a source sends to an incident report: adapters, transports, the pipeline, dead letters."""
