"""What needs several capabilities at once, one file each."""
