"""Mails newsletters with consent, from a ledger of deliveries."""
