"""A simulated district: whole lives of incidents in virtual time, through the real code (模拟)."""
