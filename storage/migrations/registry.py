"""Where migrations register, in sqlite-utils' own way."""

from sqlite_utils import Migrations

migrations = Migrations("paperround")
