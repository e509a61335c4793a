"""A project's sources as they are found: text files, Parquet, queries; read a batch at a time within bounds."""
