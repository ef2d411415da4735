"""What every node does the same way, whatever its province."""
