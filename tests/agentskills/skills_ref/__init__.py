"""The reference library's names over this project's code, so that the library's own tests can be run against it."""
