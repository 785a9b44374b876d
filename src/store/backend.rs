//! The few words in which SQLite and PostgreSQL differ.

/// Which database holds the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Backend {
    Sqlite,
    Postgres,
}

impl Backend {
    /// Begins a transaction that will write. SQLite takes its write lock at
    /// once: a transaction that reads first and finds the lock taken when it
    /// comes to write could only fail.
    pub(super) fn begin(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN IMMEDIATE",
            Self::Postgres => "BEGIN",
        }
    }

    /// Ends a CREATE TABLE whose rows lie where their key says, instead of
    /// beside an index that says where they lie: a page less to write for each
    /// of what every message brings.
    pub(super) fn in_key_order(self) -> &'static str {
        match self {
            Self::Sqlite => " WITHOUT ROWID",
            Self::Postgres => "",
        }
    }

    /// Ends a SELECT whose rows nobody else may change before the commit.
    pub(super) fn for_update(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " FOR UPDATE",
        }
    }

    /// The same, leaving out rows that another node is at.
    pub(super) fn skip_locked(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " FOR UPDATE SKIP LOCKED",
        }
    }

    /// The database's own clock in milliseconds since 1970: nodes that share
    /// a store share it.
    pub(super) fn clock(self) -> &'static str {
        match self {
            Self::Sqlite => "SELECT CAST(unixepoch('subsec') * 1000 AS BIGINT) AS now",
            Self::Postgres => {
                "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) AS now"
            }
        }
    }

    /// Counts the tables that are there, whoever made them.
    pub(super) fn count_tables(self) -> &'static str {
        match self {
            Self::Sqlite => "SELECT COUNT(*) AS tables FROM sqlite_master",
            Self::Postgres => {
                "SELECT COUNT(*) AS tables FROM information_schema.tables \
                 WHERE table_schema = current_schema()"
            }
        }
    }

    /// Counts the tables named `about`.
    pub(super) fn count_about(self) -> &'static str {
        match self {
            Self::Sqlite => "SELECT COUNT(*) AS tables FROM sqlite_master WHERE name = 'about'",
            Self::Postgres => {
                "SELECT COUNT(*) AS tables FROM information_schema.tables \
                 WHERE table_schema = current_schema() AND table_name = 'about'"
            }
        }
    }

    /// What each new connection is told first.
    pub(super) fn settings(self, writes: bool) -> &'static [&'static str] {
        match (self, writes) {
            // FULL: the commit returns when the log is on the disk. The log
            // is folded into the file every 16 MB rather than 4, and deleted
            // rows are overwritten with zeros, wrapped keys among them.
            (Self::Sqlite, true) => &[
                "PRAGMA journal_mode = WAL",
                "PRAGMA synchronous = FULL",
                "PRAGMA busy_timeout = 5000",
                "PRAGMA foreign_keys = ON",
                "PRAGMA wal_autocheckpoint = 4000",
                "PRAGMA cache_size = -16000",
                "PRAGMA secure_delete = ON",
            ],
            (Self::Sqlite, false) => &["PRAGMA busy_timeout = 5000", "PRAGMA query_only = ON"],
            (Self::Postgres, true) => &["SET synchronous_commit = on"],
            (Self::Postgres, false) => &["SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"],
        }
    }
}
