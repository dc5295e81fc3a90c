"""Pure: decoding into narrow structs, references, changes, redaction. No I/O, no clock."""
