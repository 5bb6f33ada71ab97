"""Talk to a PostgreSQL server: URLs, sessions, the catalog, throwaway servers."""
