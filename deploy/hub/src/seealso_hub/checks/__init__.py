"""What `seealso doctor` looks at, a module a subject. A check looks, changes nothing, and says."""
