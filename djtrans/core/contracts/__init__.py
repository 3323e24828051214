"""Define the protocol, declaration and hook of each plugin kind."""
