"""What ``jiedao doctor`` looks at: one check for each part of an installation, all of them in one table."""
