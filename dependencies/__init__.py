"""What kefu is made of: the locked packages, their licences, their known vulnerabilities."""
