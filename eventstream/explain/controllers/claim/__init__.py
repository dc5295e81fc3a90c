"""PersistentVolumeClaims: made, bound and protected."""
