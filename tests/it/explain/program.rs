//! The same through the program: text, records, the whole table, and a listener.
