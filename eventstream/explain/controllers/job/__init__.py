"""Jobs and CronJobs: what their controllers delete on their own account."""
