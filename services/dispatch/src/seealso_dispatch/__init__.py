"""The dispatch service: newsletters.

Comes in: sign-ups, confirmations and goodbyes by HTTP; renditions of the e-mail output from the
store; wake-ups. Goes out: messages to an SMTP relay. Owns: readers, consent, issues, deliveries.
"""
