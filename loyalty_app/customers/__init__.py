"""What is read about customers: lists, the staff's view, card pictures, figures. Nothing here writes to cards."""
