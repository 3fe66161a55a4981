"""A hotline's own confirmed material, hashed where it lies: nothing is copied, nothing but hashes leaves the folder."""

from zoeklicht.own.folder import FolderError, FoundFile, files_in
from zoeklicht.own.hashing import FileHashes, hash_files
from zoeklicht.own.journal import Journal
from zoeklicht.own.rows import rows_of

__all__ = ["FileHashes", "FolderError", "FoundFile", "Journal", "files_in", "hash_files", "rows_of"]
