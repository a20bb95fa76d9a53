"""What is published of persons, measured with a tool that we did not write."""
