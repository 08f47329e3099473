"""What models, policies and rules would have done with a history, and what that would have cost."""
