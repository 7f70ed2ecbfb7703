"""The jiedao command."""
