"""What an auditor asks: is the record whole, what was known when, by whom; proofs and evidence for a stranger."""
