"""What is known of the cluster: writes, the logs of objects, owners, and views below a write."""
