"""What people teach Baton of kinds: files that declare them, and health scripts."""
