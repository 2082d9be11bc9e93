"""What leaves between two meetings: minutes to fill in, reminders of actions, the morning mail."""
