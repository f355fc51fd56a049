//! JUnit XML, for CI systems.
